/** Countersign as it is started, save that hashing a password costs next to nothing. */
import { startServer } from '../../src/index.ts'

const server = await startServer({
  settings: { ...process.env, LOG_LEVEL: 'silent' },
  hashingCost: 2,
})
console.log(JSON.stringify({ issuer: server.issuer }))
process.on('SIGTERM', () => void server.close().then(() => process.exit(0)))
