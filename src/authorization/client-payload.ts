/** A client of the directory in the form the engine reads: its metadata, with the secret's fingerprint for a secret. */
import type { AdapterPayload } from 'oidc-provider'
import type { ClientRecord } from '../directory/clients.ts'
import { TOKEN_EXCHANGE } from '../directory/exchange-policy.ts'

export const DEVICE_CODE = 'urn:ietf:params:oauth:grant-type:device_code'

/** The grants this server runs; the engine refuses a client whose metadata names another one. */
export const GRANT_TYPES: readonly string[] = [
  'authorization_code',
  'refresh_token',
  'client_credentials',
  DEVICE_CODE,
  TOKEN_EXCHANGE,
]

const payloads = new WeakMap<ClientRecord, AdapterPayload>()

/** The same object for the same record: the engine makes a new client of each. */
export function clientPayload(client: ClientRecord): AdapterPayload {
  let payload = payloads.get(client)
  if (!payload) {
    const { metadata } = client
    payload = {
      ...metadata,
      grant_types: metadata.grant_types.filter((grant) => GRANT_TYPES.includes(grant)),
      client_id: client.clientId,
      ...(client.secretFingerprint && { client_secret: client.secretFingerprint }),
    } as AdapterPayload
    payloads.set(client, payload)
  }
  return payload
}
