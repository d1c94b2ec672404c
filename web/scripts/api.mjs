// Writes src/api/schema.d.ts from an OpenAPI document: npm run api -- path/to/openapi.json
import { readFile, writeFile } from 'node:fs/promises'
import openapiTS, { astToString } from 'openapi-typescript'

const path = process.argv[2]
if (!path) {
  console.error('Which document? npm run api -- path/to/openapi.json')
  process.exit(2)
}
const types = astToString(
  await openapiTS(JSON.parse(await readFile(path, 'utf8')), {
    alphabetize: true,
    // What has a default may be left out of a request.
    defaultNonNullable: false,
  }),
)
const head = '// Made by `npm run api` from the OpenAPI document; not to be edited.\n\n'
await writeFile(new URL('../src/api/schema.d.ts', import.meta.url), head + types)
