/** Listens on one port of several addresses, and says in one sentence why it cannot. */
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartFault } from '../lib/fault.ts'

export type ListenOptions = {
  /** 0 takes any port that is free on all addresses. */
  port: number
  hosts: readonly string[]
  /** Whether a machine without one of these addresses (such as ::1) is an error. */
  allHosts: boolean
  createServer(): Server
}

export type Listening = {
  port: number
  servers: readonly Server[]
}

/** How often another free port is tried, when one is free on one address and taken on the other. */
const FREE_PORT_TRIES = 10

/** Throws `StartFault`. */
export async function listen(options: ListenOptions): Promise<Listening> {
  const tries = options.port === 0 ? FREE_PORT_TRIES : 1
  for (let left = tries; ; left--) {
    const servers: Server[] = []
    try {
      let { port } = options
      for (const host of options.hosts) {
        const server = options.createServer()
        if (await bind(server, host, port, options.allHosts)) {
          servers.push(server)
          port = (server.address() as AddressInfo).port
        }
      }
      if (servers.length > 0) return { port, servers }
      throw new StartFault([
        `None of the addresses ${options.hosts.join(', ')} is on this machine.`,
      ])
    } catch (error) {
      for (const server of servers) server.close()
      if (left <= 1 || !(error instanceof StartFault)) throw error
    }
  }
}

/** False when the machine has no such address and need not have it. */
function bind(server: Server, host: string, port: number, must: boolean): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const absent = error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT'
      if (absent && !must) resolve(false)
      else reject(new StartFault([faultSentence(error, host, port)], { cause: error }))
    })
    server.listen({ host, port, exclusive: true }, () => resolve(true))
  })
}

function faultSentence(error: NodeJS.ErrnoException, host: string, port: number): string {
  switch (error.code) {
    case 'EADDRINUSE':
      return `Port ${port} is taken on ${host} by another program; stop it, or start with another PORT (PORT=0 takes any free one).`
    case 'EACCES':
      return `Port ${port} may not be used by this user; start with a PORT above 1023.`
    case 'EADDRNOTAVAIL':
      return `HOST names ${host}, and this machine has no such address.`
    default:
      return `Cannot listen on ${host}, port ${port} (${error.code ?? error.message}).`
  }
}
