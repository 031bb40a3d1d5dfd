/** Scopes to claims (OIDC Core §5.4), and an account in the form the engine asks for. */
import type { Account as EngineAccount } from 'oidc-provider'
import type { Account } from '../directory/accounts.ts'

/** Scope to the claims it opens. */
export const CLAIMS_BY_SCOPE = {
  openid: ['sub'],
  profile: ['name', 'given_name', 'family_name', 'preferred_username', 'picture', 'updated_at'],
  email: ['email', 'email_verified'],
  roles: ['roles'],
}

/** What each scope of OpenID Connect means, in the words of the consent page. */
export const SCOPE_WORDS: Record<string, string> = {
  openid: 'Know who you are (your sign-in id)',
  profile: 'See your name and picture',
  email: 'See your email address',
  roles: 'See the roles you have here',
  offline_access: 'Keep its access when you are signed out',
}

export const OPENID_SCOPES = Object.keys(SCOPE_WORDS)

export function engineAccount(account: Account): EngineAccount {
  return {
    accountId: account.sub,
    // The engine picks from these what the granted scopes open.
    claims: () => ({
      sub: account.sub,
      name: account.name,
      given_name: account.givenName,
      family_name: account.familyName,
      preferred_username: account.login,
      picture: account.picture,
      updated_at: account.updatedAt,
      email: account.email,
      email_verified: account.email === undefined ? undefined : account.emailVerified,
      roles: account.roles,
    }),
  }
}
