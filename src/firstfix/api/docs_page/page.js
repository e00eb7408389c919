// Lists the operations of the OpenAPI document. What it says goes into the page as text, never as markup.

const main = document.getElementById('main');
const message = document.getElementById('message');
const search = document.getElementById('search');

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];
const DEEPEST = 6;
let components = {};

/** Makes an element; a child is a node or a text, and one that is missing is left out. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== ''));
  return element;
}

/** Turns the little Markdown of descriptions into nodes: paragraphs, lists and `code`. */
function written(text = '') {
  const blocks = text.split(/\n{2,}/).filter((block) => block.trim() !== '');
  return blocks.map((block) => {
    const lines = block.split('\n');
    if (!lines.every((line) => line.startsWith('- '))) return make('p', {}, inline(lines.join(' ')));
    return make('ul', {}, lines.map((line) => make('li', {}, inline(line.slice(2)))));
  });
}

function inline(text) {
  return text.split(/(`[^`]+`)/).map((part) =>
    part.length > 2 && part.startsWith('`') ? make('code', {}, part.slice(1, -1)) : part,
  );
}

function resolved(part) {
  if (part?.$ref === undefined) return part;
  return part.$ref.split('/').slice(2).reduce((found, key) => found[key], components);
}

/** Names a schema in a few words, such as `list of JobRow` or `text or null`. */
function typeOf(schema) {
  if (schema.$ref !== undefined) return schema.$ref.split('/').pop();
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(' | ');
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map(typeOf).join(' or ');
  if (schema.type === 'array') return `list of ${schema.items === undefined ? 'anything' : typeOf(schema.items)}`;
  if (schema.type === undefined) return 'anything';
  return [schema.type].flat().join(' or ') + (schema.format === undefined ? '' : ` (${schema.format})`);
}

/** Finds the objects with fields that a schema is, holds or chooses from. */
function objectsIn(schema) {
  const whole = resolved(schema);
  if (whole.properties !== undefined) return [whole];
  if (whole.items !== undefined) return objectsIn(whole.items);
  return (whole.anyOf ?? whole.oneOf ?? []).flatMap(objectsIn);
}

function fieldsOf(object, depth) {
  const needed = new Set(object.required ?? []);
  const items = Object.entries(object.properties).map(([name, schema]) => {
    const head = [
      make('span', { class: 'name' }, name),
      needed.has(name) ? null : make('span', { class: 'quiet' }, '?'),
      ' ',
      make('span', { class: 'type' }, typeOf(schema)),
      schema.description === undefined ? null : make('span', { class: 'quiet' }, ' ', inline(schema.description)),
    ];
    const within = depth < DEEPEST ? objectsIn(schema) : [];
    if (within.length === 0) return make('li', {}, head);
    const details = make('details', {}, make('summary', {}, head));
    details.addEventListener('toggle', () => details.append(...within.map((inner) => fieldsOf(inner, depth + 1))), {
      once: true,
    });
    return make('li', {}, details);
  });
  return make('ul', { class: 'fields' }, items);
}

function contentOf(content) {
  const types = Object.keys(content ?? {});
  if (types.length === 0) return [];
  const { schema } = content[types[0]];
  const objects = objectsIn(schema);
  const isChoice = objects.length > 1;
  return [
    make('p', {}, make('code', {}, types.join(', ')), ' ', isChoice ? 'one of these' : typeOf(schema)),
    ...objects.flatMap((object) => [
      ...(isChoice ? [make('p', {}, make('strong', {}, object.title ?? ''))] : []),
      ...(object.description === undefined ? [] : written(object.description)),
      fieldsOf(object, 1),
    ]),
  ];
}

function parametersOf(parameters) {
  const rows = parameters.map(resolved).map((parameter) =>
    make(
      'tr',
      {},
      make(
        'th',
        { scope: 'row' },
        make('span', { class: 'name' }, parameter.name),
        parameter.required ? make('span', { class: 'needed' }, ' required') : null,
      ),
      make('td', { class: 'quiet' }, parameter.in),
      make(
        'td',
        {},
        make('span', { class: 'type' }, typeOf(parameter.schema)),
        parameter.schema.default === undefined ? null : ` = ${JSON.stringify(parameter.schema.default)}`,
        parameter.description === undefined ? null : make('div', {}, inline(parameter.description)),
      ),
    ),
  );
  return make('div', { class: 'scroll' }, make('table', {}, make('tbody', {}, rows)));
}

function repliesOf(responses) {
  const refused = [];
  const parts = [];
  for (const [status, reference] of Object.entries(responses)) {
    const response = resolved(reference);
    if (Number(status) >= 400) {
      refused.push(make('li', {}, make('strong', {}, status), ` ${response.description}`));
      continue;
    }
    parts.push(make('h3', {}, `${status} ${response.description}`), ...contentOf(response.content));
  }
  return [...parts, make('h3', {}, 'Refusals'), make('ul', { class: 'fields' }, refused)];
}

function securityOf(security) {
  const choices = (security ?? []).map((together) => Object.keys(together).join(' and '));
  return choices.length === 0 ? [] : [make('p', { class: 'quiet' }, `Send ${choices.join(', or ')}.`)];
}

function insideOf(operation) {
  const parts = [...written(operation.description), ...securityOf(operation.security)];
  if (operation.parameters !== undefined) {
    parts.push(make('h3', {}, 'Parameters'), parametersOf(operation.parameters));
  }
  if (operation.requestBody !== undefined) {
    parts.push(make('h3', {}, 'Body'), ...contentOf(operation.requestBody.content));
  }
  return make('div', { class: 'inside' }, parts, repliesOf(operation.responses));
}

function operationOf(path, method, operation) {
  const details = make(
    'details',
    { class: 'operation', id: operation.operationId },
    make(
      'summary',
      {},
      make('span', { class: `method ${method}` }, method.toUpperCase()),
      make('span', { class: 'path' }, path),
      make('span', { class: 'said' }, inline(operation.summary)),
    ),
  );
  details.addEventListener('toggle', () => details.append(insideOf(operation)), { once: true });
  return details;
}

function show(document_) {
  components = document_.components;
  document.getElementById('version').textContent = document_.info.version;
  const schemes = Object.entries(components.securitySchemes);
  const apis = document_.tags.map((tag) => {
    const operations = Object.entries(document_.paths).flatMap(([path, methods]) =>
      METHODS.filter((method) => methods[method]?.tags.includes(tag.name)).map((method) => ({
        words: `${path} ${methods[method].operationId} ${methods[method].summary}`.toLowerCase(),
        element: operationOf(path, method, methods[method]),
      })),
    );
    const section = make(
      'section',
      { class: 'api' },
      make('h2', {}, tag.name),
      make('p', {}, tag.description),
      operations.map(({ element }) => element),
    );
    return { section, operations };
  });
  const access = make(
    'section',
    { class: 'api' },
    make('h2', {}, 'Getting in'),
    make(
      'div',
      { class: 'scroll' },
      make(
        'table',
        {},
        make(
          'tbody',
          {},
          schemes.map(([name, scheme]) =>
            make(
              'tr',
              {},
              make('th', { scope: 'row' }, make('span', { class: 'name' }, name)),
              make('td', { class: 'type' }, scheme.scheme ?? `${scheme.in} ${scheme.name}`),
              make('td', {}, inline(scheme.description)),
            ),
          ),
        ),
      ),
    ),
  );
  const nothing = make('p', { role: 'status', hidden: '' }, 'No operation matches.');
  main.replaceChildren(access, ...apis.map(({ section }) => section), nothing);

  search.addEventListener('input', () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let found = 0;
    for (const { section, operations } of apis) {
      let shown = 0;
      for (const { words: text, element } of operations) {
        element.hidden = !words.every((word) => text.includes(word));
        shown += element.hidden ? 0 : 1;
      }
      section.hidden = shown === 0;
      found += shown;
    }
    access.hidden = words.length > 0;
    nothing.hidden = found > 0;
  });
  openFromAddress();
}

function openFromAddress() {
  const wanted = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!wanted?.classList.contains('operation')) return;
  wanted.open = true;
  wanted.scrollIntoView();
}

addEventListener('hashchange', openFromAddress);
addEventListener('keydown', (event) => {
  if (event.key !== '/' || event.target === search) return;
  event.preventDefault();
  search.focus();
});

try {
  const answer = await fetch('/openapi.json');
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  show(await answer.json());
} catch (error) {
  message.textContent = `The document could not be read. ${error.message}`;
}
