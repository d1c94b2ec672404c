// Leaves name.br and name.gz beside every file of a built client that gets smaller by it: node precompress.mjs FOLDER
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const MIN_BYTES = 256;
const TEXTS = /\.(js|mjs|css|html|svg|json|map|txt|webmanifest|ico)$/;
const folder = process.argv[2];

for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXTS.test(entry.name)) continue;
  const file = join(entry.parentPath ?? entry.path, entry.name);
  const plain = readFileSync(file);
  const packed = {
    ".br": brotliCompressSync(plain, {
      params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: plain.length },
    }),
    ".gz": gzipSync(plain, { level: 9 }),
  };
  for (const [suffix, bytes] of Object.entries(packed)) {
    if (plain.length >= MIN_BYTES && bytes.length < plain.length) writeFileSync(file + suffix, bytes);
    else rmSync(file + suffix, { force: true });
  }
}
