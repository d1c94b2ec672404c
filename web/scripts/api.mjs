// Writes src/api/schema.d.ts from an OpenAPI document: npm run api -- PATH, or - for standard input.
// With --check it writes nothing and fails when the file is not what the document makes.
import { readFile, writeFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import openapiTS, { astToString } from 'openapi-typescript'

const [path, option] = process.argv.slice(2)
if (!path) {
  console.error('Which document? npm run api -- path/to/openapi.json')
  process.exit(2)
}
const document = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8')
const types = astToString(
  await openapiTS(JSON.parse(document), {
    alphabetize: true,
    // What has a default may be left out of a request.
    defaultNonNullable: false,
  }),
)
const made = '// Made by `make api` from the OpenAPI document; not to be edited.\n\n' + types
const file = new URL('../src/api/schema.d.ts', import.meta.url)
if (option !== '--check') await writeFile(file, made)
else if ((await readFile(file, 'utf8')) !== made) {
  console.error('src/api/schema.d.ts is not what the server says: run `make api`')
  process.exit(1)
}
