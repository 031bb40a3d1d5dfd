#!/usr/bin/env node
/** The door: runs on any Node, so that one that is too old is told so, and opens only for one that is not. */
import console from 'node:console'
import { existsSync } from 'node:fs'
import module from 'node:module'
import process from 'node:process'
import { URL } from 'node:url'

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `Countersign needs Node 22.18 or newer; this is Node v${process.versions.node}.\n` +
      'Get a newer one from https://nodejs.org, or with a version manager ("nvm install 26").\n' +
      'In a checkout, "npm start" brings its own.',
  )
  process.exitCode = 1
} else {
  // Compiled code is kept between starts. Must come before the imports it speeds up.
  module.enableCompileCache()
  // A checkout runs its source. The package has it compiled, as Node takes no TypeScript from node_modules.
  const source = new URL('./cli.ts', import.meta.url)
  const cli = existsSync(source) ? source : new URL('../dist/cli.js', import.meta.url)
  /** @type {unknown} */
  const imported = await import(cli.href)
  const { main } = /** @type {typeof import('./cli.ts')} */ (imported)
  process.exitCode = await main(process.argv.slice(2))
}
