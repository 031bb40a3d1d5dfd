/** The front page: what runs here, and how to connect to it. */
import type { VNode } from 'preact'
import { demoRedirectUri, demoSignInUrl } from '../demo/sign-in.ts'
import { html } from '../web/html.ts'
import { layout } from '../web/layout.ts'
import { buttonLink, copyable, factList } from '../web/parts.ts'
import { readableName } from '../web/readable.ts'
import { shellWord } from '../web/shell-word.ts'

export type HomePerson = { login: string; password: string; note?: string | undefined }

export type HomeClient = {
  clientId: string
  /** Only where it may be shown: the seed's, in the local profile. */
  secret?: string | undefined
  /** What it is, in a few words. */
  kind?: string | undefined
  redirectUris: readonly string[]
  grantTypes: readonly string[]
  /** Space-separated scopes it may ask for at APIs; absent: any. */
  resourceScopes?: string | undefined
  isPublic: boolean
  /** Authenticates with a key of its own (`private_key_jwt`). */
  usesKey?: boolean
}

export type HomeResource = {
  identifier: string
  name: string
  scopes: Readonly<Record<string, string>>
  format: 'jwt' | 'opaque'
  /** Seconds. */
  accessTokenTtl: number
}

export type HomePageProps = {
  issuer: string
  /** Empty in production, as are the clients. */
  people: readonly HomePerson[]
  clients: readonly HomeClient[]
  resources: readonly HomeResource[]
  /** Whether the doctor and the lab are there; production has neither. */
  instruments?: boolean
}

export function homePage(props: HomePageProps): string {
  const { issuer, people, clients, resources, instruments = false } = props
  const children = html`
    <section>
      <h1>Countersign is running</h1>
      <p class="lead">
        An identity provider, and a protected API behind it. It signs people in for your app, and it
        refuses as exactly as the standards say.
      </p>
      ${factList([
        ['Issuer', html`<code class="copy">${issuer}</code>`],
        ['Discovery', link(`${issuer}/.well-known/openid-configuration`)],
        ['Keys', link(`${issuer}/oauth/jwks`)],
        ['API', html`<code class="copy">${issuer}/api/notes</code>`],
        ['API metadata', link(`${issuer}/.well-known/oauth-protected-resource/api`)],
        [
          'Refusals',
          html`<a href="/refusals">Every way this server says no</a>, and what to do then`,
        ],
        [
          'Account',
          html`<a href="/account">What apps may do for you, and where you are signed in</a>`,
        ],
        [
          'Doctor',
          instruments &&
            html`<a href="/doctor">Why a request was refused</a>, or why a token would be`,
        ],
        [
          'Lab',
          instruments &&
            html`<a href="/lab">Good tokens for anybody, and every refusal</a>, on order`,
        ],
      ])}
      ${tryButton(issuer, clients, resources)}
    </section>
    ${people.length > 0 && peopleSection(people)}
    ${clients.length > 0 && clientsSection(issuer, clients, resources)}
    ${resourcesSection(resources)} ${trySection(issuer, clients)}
  `
  return layout({ title: 'Start', width: 'wide', children })
}

const link = (href: string): VNode => html`<a href=${href}>${href}</a>`

function tryButton(
  issuer: string,
  clients: readonly HomeClient[],
  resources: readonly HomeResource[],
): VNode | undefined {
  const demo = clients.find(({ redirectUris }) => redirectUris.includes(demoRedirectUri(issuer)))
  if (!demo) {
    return undefined
  }
  return html`
    <p>
      ${buttonLink(demoSignInUrl(issuer, demo.clientId, usualScope(demo, resources)), 'Try a sign-in')}
    </p>
  `
}

const peopleSection = (people: readonly HomePerson[]): VNode => html`
  <section>
    <h2>People</h2>
    <p>Made up, for trying things out.</p>
    <table>
      <thead>
        <tr>
          <th scope="col">User name</th>
          <th scope="col">Password</th>
          <th scope="col">What to know</th>
        </tr>
      </thead>
      <tbody>
        ${people.map(
          ({ login, password, note }) => html`
            <tr>
              <td><code class="copy">${login}</code></td>
              <td><code class="copy">${password}</code></td>
              <td>${note}</td>
            </tr>
          `,
        )}
      </tbody>
    </table>
  </section>
`

function clientsSection(
  issuer: string,
  clients: readonly HomeClient[],
  resources: readonly HomeResource[],
): VNode {
  return html`
    <section>
      <h2>Clients</h2>
      <p>
        Most apps need five settings. Open a client and copy them; a click on a value selects it.
      </p>
      ${clients.map(
        (client, index) => html`
          <details open=${index === 0}>
            <summary>
              <code>${client.clientId}</code> ${readableName(client.kind ?? '', '')}
            </summary>
            ${settings(issuer, client, resources)}
          </details>
        `,
      )}
    </section>
  `
}

/** A client's settings to copy; the five of a sign-in, fewer for a program on its own. */
function settings(issuer: string, client: HomeClient, resources: readonly HomeResource[]): VNode {
  const value = (text: string): VNode => html`<code class="copy">${text}</code>`
  const { redirectUris } = client
  const secret = client.isPublic
    ? 'none: this client cannot keep one'
    : client.usesKey
      ? 'none: this client authenticates with its key'
      : client.secret === undefined
        ? 'shown once, when the client was added'
        : value(client.secret)
  return factList([
    ['issuer', value(issuer)],
    ['client_id', value(client.clientId)],
    ['client_secret', secret],
    [
      'redirect_uri',
      redirectUris.length > 0 && redirectUris.map((uri) => html`<div>${value(uri)}</div>`),
    ],
    ['scope', value(usualScope(client, resources))],
    ['grant types', client.grantTypes.join(', ')],
  ])
}

const signInGrants = ['authorization_code', 'urn:ietf:params:oauth:grant-type:device_code']

/** Enough to see a sign-in and an API call work: who the person is, and the first scope of an API. */
function usualScope(client: HomeClient, resources: readonly HomeResource[]): string {
  const allowed = client.resourceScopes?.split(' ')
  const atApi = Object.keys(resources[0]?.scopes ?? {}).filter(
    (scope) => allowed?.includes(scope) ?? true,
  )
  const signsPeopleIn = client.grantTypes.some((type) => signInGrants.includes(type))
  const aboutPerson = signsPeopleIn ? ['openid', 'profile', 'email'] : []
  return [...aboutPerson, ...atApi.slice(0, 2)].join(' ')
}

const resourcesSection = (resources: readonly HomeResource[]): VNode => html`
  <section>
    <h2>Protected APIs</h2>
    ${resources.map(
      ({ identifier, name, scopes, format, accessTokenTtl }) => html`
        <h3>${readableName(name)}</h3>
        ${factList([
          ['resource', html`<code class="copy">${identifier}</code>`],
          [
            'tokens',
            `${format === 'jwt' ? 'JWTs (RFC 9068)' : 'opaque, to be introspected (RFC 7662)'}, for ${accessTokenTtl} seconds`,
          ],
          ...Object.entries(scopes).map(
            ([scope, words]) => [html`<code>${scope}</code>`, words] as const,
          ),
        ])}
      `,
    )}
  </section>
`

function trySection(issuer: string, clients: readonly HomeClient[]): VNode {
  const program = clients.find(
    ({ grantTypes, secret }) => secret !== undefined && grantTypes.includes('client_credentials'),
  )
  return html`
    <section>
      <h2>Try it from a terminal</h2>
      <p>Without a token, the API refuses and says where tokens come from.</p>
      ${copyable(`curl -i ${issuer}/api/notes`)}
      ${
        program &&
        html`
          <p>A program that acts for itself gets a token with its own secret, and is let in.</p>
          ${copyable(clientCredentialsLines(issuer, program))}
        `
      }
      <p>
        A wrong token is refused as well. <a href="/refusals">The catalogue</a> says why, and what
        to do.
      </p>
      ${copyable(`curl -i -H "Authorization: Bearer nonsense" ${issuer}/api/notes`)}
    </section>
  `
}

function clientCredentialsLines(issuer: string, { clientId, secret = '' }: HomeClient): string {
  const request = `curl -s -u ${shellWord(`${clientId}:${secret}`)} -d grant_type=client_credentials -d scope=notes:read ${issuer}/oauth/token`
  const accessToken = String.raw`sed 's/.*"access_token":"\([^"]*\)".*/\1/'`
  return `TOKEN=$(${request} | ${accessToken})\ncurl -i -H "Authorization: Bearer $TOKEN" ${issuer}/api/notes`
}
