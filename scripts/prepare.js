/** What npm runs after an install: makes the Prisma clients where Prisma's own tool is installed, and else nothing. */
import { existsSync } from 'node:fs'

const tool = new URL('../node_modules/prisma/build/index.js', import.meta.url)
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

// Without the development packages there is no tool, and the clients come compiled, in dist.
if (existsSync(tool)) {
  if (major < 22 || (major === 22 && minor < 18)) {
    console.error(
      `The Prisma clients were not made: that needs Node.js 22.18, and this is ${process.versions.node}. ` +
        'Run "npm rebuild node" and then "npm run prepare".',
    )
  } else {
    const { generateClients } = await import('./generate-clients.ts')
    await generateClients()
  }
}
