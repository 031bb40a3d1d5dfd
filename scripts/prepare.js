/** What npm runs after an install: makes the Prisma clients where Prisma's own tool is installed, and else nothing. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import process from 'node:process'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Without the development packages there is no tool, and the clients come compiled, in dist.
if (existsSync(join(import.meta.dirname, '../node_modules/prisma/build/index.js'))) {
  if (major < 22 || (major === 22 && minor < 18)) {
    process.stderr.write(
      `The Prisma clients were not made: that needs Node.js 22.18, and this is ${process.versions.node}.\n` +
        'Run "npm rebuild node" and then "npm run prepare".\n',
    )
  } else {
    const { generateClients } = await import('./generate-clients.ts')
    await generateClients()
  }
}
