/** A person's account page, with ordinary and with hostile contents. */
import { accountPage, signedOutAccountPage } from '../../src/account/page.ts'
import { SCOPE_WORDS } from '../../src/authorization/claims.ts'
import { consentPage } from '../../src/authorization/pages/consent.ts'

export const accountSamples = (hostileName: string): Record<string, string> => ({
  account: accountPage({
    person: { sub: 'alice', login: 'alice', name: 'Alice' },
    apps: [
      {
        clientId: 'web',
        name: 'Web',
        allowed: [
          {
            words: [SCOPE_WORDS['openid'] ?? '', SCOPE_WORDS['email'] ?? ''],
            since: new Date('2026-03-01T09:30:00Z'),
          },
          { api: 'Notes API', words: ['Read your notes'], since: new Date('2026-05-17T18:05:00Z') },
        ],
      },
      {
        clientId: 'spa',
        name: 'Single-page app',
        allowed: [
          { words: [SCOPE_WORDS['openid'] ?? ''], since: new Date('2026-06-02T07:00:00Z') },
        ],
      },
    ],
    sessions: [
      {
        uid: 'one',
        browser: 'Firefox on Linux',
        signedInAt: new Date('2026-06-02T07:00:00Z'),
        apps: ['Web', 'Single-page app'],
        isThisOne: true,
      },
      {
        uid: 'two',
        browser: 'Safari on an iPhone',
        signedInAt: new Date('2026-05-17T18:05:00Z'),
        apps: [],
        isThisOne: false,
      },
    ],
  }),
  'account-hostile': accountPage({
    person: { sub: hostileName, login: hostileName },
    apps: [
      {
        clientId: hostileName,
        name: hostileName,
        allowed: [{ api: hostileName, words: [hostileName], since: new Date(0) }],
      },
    ],
    sessions: [
      {
        uid: hostileName,
        browser: 'A browser we do not know',
        signedInAt: new Date(0),
        apps: [hostileName, hostileName],
        isThisOne: false,
      },
    ],
    error: 'Somebody else has signed in since that page was shown. Nothing was changed.',
  }),
  'account-empty': accountPage({ person: { sub: 'bob', login: 'bob' }, apps: [], sessions: [] }),
  'account-signed-out': signedOutAccountPage({ signInUrl: '/oauth/authorize?client_id=web' }),
  'account-signed-out-production': signedOutAccountPage({}),
  // An app that nobody registered, known by where its document is.
  'consent-document': consentPage({
    action: '/interaction/abc/consent',
    client: { name: hostileName, host: `${'long-'.repeat(40)}name.example:8443` },
    account: { login: 'alice' },
    scopes: [{ scope: 'email', words: SCOPE_WORDS['email'] ?? '', granted: false }],
  }),
})
