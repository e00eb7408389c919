import { hydrateJobs } from '../../api/hydrateJobs';
import { rows } from '../../api/rows';
import { inBatches } from '../../model/batches';

/** How many requests for rows run at the same time. */
const AT_ONCE = 4;

async function referencesOf(ids: readonly number[], onProgress: (done: number) => void): Promise<string> {
  const pieces = inBatches(ids.filter((id) => rows.get(id) === undefined));
  let done = ids.length - pieces.reduce((sum, piece) => sum + piece.length, 0);
  // Collected on the way: the store may drop rows of a very long list before its end is there.
  const found = new Map(ids.map((id) => [id, rows.get(id)?.reference]));

  async function work(): Promise<void> {
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      await hydrateJobs(piece);
      for (const id of piece) found.set(id, rows.get(id)?.reference);
      done += piece.length;
      onProgress(done);
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return [...found.values()].filter((reference) => reference !== undefined).join('\n');
}

/** For pages that are not served over HTTPS, where browsers have no clipboard to write to. */
function copyByCommand(text: string): boolean {
  const area = document.createElement('textarea');
  area.value = text;
  area.style.cssText = 'position:fixed;opacity:0';
  document.body.append(area);
  area.select();
  const done = document.execCommand('copy');
  area.remove();
  return done;
}

/**
 * Copy the references of jobs, one a line, in the order given. Rows not seen yet are fetched first.
 *
 * Returns how many were copied; rejects when the browser allows no copying.
 */
export async function copyReferences(
  ids: readonly number[],
  onProgress: (done: number) => void,
): Promise<number> {
  const references = referencesOf(ids, onProgress);
  if (navigator.clipboard !== undefined && typeof ClipboardItem !== 'undefined') {
    // Given as a promise, so that the click still counts when the last row arrives.
    const blob = references.then((text) => new Blob([text], { type: 'text/plain' }));
    await navigator.clipboard.write([new ClipboardItem({ 'text/plain': blob })]);
  } else if (!copyByCommand(await references)) {
    throw new DOMException('This browser does not let pages copy text.', 'NotAllowedError');
  }
  const text = await references;
  return text === '' ? 0 : text.split('\n').length;
}
