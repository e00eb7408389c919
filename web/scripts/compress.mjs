// Writes a gzip and a brotli file beside each text asset, so that the server compresses nothing at run time.
import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';

const TEXT = new Set(['.css', '.html', '.js', '.json', '.svg']);
const WORTH_IT_BYTES = 512;
const dist = fileURLToPath(new URL('../../src/firstfix/web_dist', import.meta.url));

for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.has(extname(entry.name)) || entry.parentPath.endsWith('.vite')) continue;
  const path = join(entry.parentPath, entry.name);
  const content = readFileSync(path);
  if (content.length < WORTH_IT_BYTES) continue;
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
  );
}

// A running server looks at its pages' times to see that there is a new build: they come last.
for (const app of readdirSync(dist)) {
  const page = join(dist, app, 'index.html');
  if (existsSync(page)) utimesSync(page, new Date(), new Date());
}
