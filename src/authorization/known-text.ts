/** What a text without dots is to this server: a refresh token, a code, an opaque access token (RFC 6749 §1.4, §1.5). */
import type { Provider } from 'oidc-provider'

export type KnownText = { kind: string; audience?: string | undefined }

/** Only looks: nothing is used up, and nothing changes. */
export function createLookUp(provider: Provider) {
  const { RefreshToken, AuthorizationCode, AccessToken, ClientCredentials } = provider
  const { DeviceCode, RegistrationAccessToken, InitialAccessToken } = provider

  return async function lookUp(text: string): Promise<KnownText | undefined> {
    const access = (await AccessToken.find(text)) ?? (await ClientCredentials.find(text))
    if (access) {
      const [audience] = [access.aud].flat()
      return { kind: 'opaque access token', audience }
    }
    if (await RefreshToken.find(text)) return { kind: 'refresh token' }
    if (await AuthorizationCode.find(text)) return { kind: 'authorization code' }
    if (await DeviceCode.find(text)) return { kind: 'device code' }
    if (await RegistrationAccessToken.find(text)) return { kind: 'registration access token' }
    if (await InitialAccessToken.find(text)) return { kind: 'initial access token' }
    return undefined
  }
}
