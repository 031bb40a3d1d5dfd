/** The front page and the catalogue of refusals, as routes. */
import type Router from '@koa/router'
import { registerDemo } from '../demo/callback.ts'
import { demoRedirectUri } from '../demo/sign-in.ts'
import type { ClientRecord, Clients } from '../directory/clients.ts'
import type { Resources } from '../directory/resources.ts'
import { sendPage } from '../web/send-page.ts'
import { homePage, type HomeClient, type HomePerson } from './page.ts'
import { registerRefusals } from './refusals.ts'

export type HomeParts = {
  issuer: string
  /** The local profile shows its made-up people and clients; production shows addresses only. */
  isLocal: boolean
  /** What the seed file made and may be shown. */
  seed: {
    people: readonly HomePerson[]
    clients: readonly { clientId: string; secret?: string | undefined; kind: string }[]
  }
  clients: Pick<Clients, 'list'>
  resources: Pick<Resources, 'all'>
}

export function registerHome(router: Router, parts: HomeParts): void {
  const { issuer, isLocal, seed, clients, resources } = parts

  router.get('/', async (ctx) => {
    const page = homePage({
      issuer,
      people: isLocal ? seed.people : [],
      clients: isLocal ? seedOrder(await clients.list(), seed.clients) : [],
      resources: resources.all(),
      instruments: isLocal,
    })
    sendPage(ctx, page)
  })

  registerRefusals(router, { issuer, hasLab: isLocal })
  if (isLocal) {
    registerDemo(router, {
      issuer,
      async findClient() {
        const known = seedOrder(await clients.list(), seed.clients)
        const demo = known.find(({ redirectUris }) =>
          redirectUris.includes(demoRedirectUri(issuer)),
        )
        return { clientId: demo?.clientId ?? 'CLIENT_ID', secret: demo?.secret ?? 'CLIENT_SECRET' }
      },
    })
  }
}

/** The seed's clients as the file has them, then the others by id. */
function seedOrder(
  records: readonly ClientRecord[],
  seeded: HomeParts['seed']['clients'],
): HomeClient[] {
  const place = (id: string) => {
    const index = seeded.findIndex(({ clientId }) => clientId === id)
    return index === -1 ? seeded.length : index
  }
  return records
    .toSorted((a, b) => place(a.clientId) - place(b.clientId))
    .map(({ clientId, metadata }) => {
      const known = seeded.find((client) => client.clientId === clientId)
      return {
        clientId,
        secret: known?.secret,
        kind: known?.kind ?? metadata.client_name,
        redirectUris: metadata.redirect_uris,
        grantTypes: metadata.grant_types,
        resourceScopes: metadata.resource_scopes,
        isPublic: metadata.token_endpoint_auth_method === 'none',
        usesKey: metadata.token_endpoint_auth_method === 'private_key_jwt',
      }
    })
}
