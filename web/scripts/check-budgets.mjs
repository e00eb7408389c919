// Measures what a browser downloads and fails when it grows past the budget.
// Walks Vite's manifest from the entry; every size is gzip level 9, in kB of 1,000 bytes.
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../../src/firstfix/web_dist/office', import.meta.url));
const manifest = JSON.parse(readFileSync(join(dist, '.vite/manifest.json'), 'utf8'));

const BUDGETS = { initialJs: 190, initialCss: 20, routeChunk: 40, font: 50 };

/** Every chunk that loads together with these, themselves included. */
function closure(keys, seen = new Set()) {
  for (const key of keys) {
    if (seen.has(key)) continue;
    seen.add(key);
    closure(manifest[key].imports ?? [], seen);
  }
  return seen;
}

const gzipped = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1000;
const sum = (files) => [...new Set(files)].reduce((total, file) => total + gzipped(file), 0);

const entries = Object.keys(manifest).filter((key) => manifest[key].isEntry);
const initial = closure(entries);
const chunks = (keys) => [...keys].map((key) => manifest[key]);

const rows = [
  ['initial JS', sum(chunks(initial).map((chunk) => chunk.file)), BUDGETS.initialJs],
  ['initial CSS', sum(chunks(initial).flatMap((chunk) => chunk.css ?? [])), BUDGETS.initialCss],
];

/** What is there already when a chunk is asked for: the closures of the lazy chunks that ask for it. */
function askers(key) {
  const lazy = Object.keys(manifest).filter((other) => manifest[other].isDynamicEntry && other !== key);
  return lazy
    .map((other) => closure([other]))
    .filter((parts) =>
      [...parts].some((part) => !initial.has(part) && (manifest[part].dynamicImports ?? []).includes(key)),
    );
}

for (const key of Object.keys(manifest).filter((key) => manifest[key].isDynamicEntry)) {
  const there = askers(key);
  const own = [...closure([key])].filter(
    (part) => !initial.has(part) && (there.length === 0 || !there.every((parts) => parts.has(part))),
  );
  rows.push([`chunk ${manifest[key].name}`, sum(chunks(own).map((chunk) => chunk.file)), BUDGETS.routeChunk]);
}
const fonts = Object.values(manifest).filter((chunk) => chunk.file.endsWith('.woff2'));
const assets = new Set(
  [...fonts, ...chunks(initial)].flatMap((chunk) => [chunk.file, ...(chunk.assets ?? [])]),
);
for (const file of [...assets].filter((name) => name.endsWith('.woff2'))) {
  rows.push([`font ${file.split('/').at(-1)}`, statSync(join(dist, file)).size / 1000, BUDGETS.font]);
}

let failed = false;
for (const [name, size, budget] of rows) {
  const over = size > budget;
  failed ||= over;
  process.stdout.write(`${over ? 'OVER ' : 'ok   '}${name}: ${size.toFixed(1)} of ${budget} kB\n`);
}
if (failed) {
  process.stderr.write(
    'A budget is exceeded: split the chunk, drop the dependency, or argue for a new number.\n',
  );
  process.exitCode = 1;
}
