/** A client of the directory in the form the engine reads: its metadata, with the secret's fingerprint for a secret. */
import type { AdapterPayload } from 'oidc-provider'
import type { ClientRecord } from '../directory/clients.ts'

const payloads = new WeakMap<ClientRecord, AdapterPayload>()

export function clientPayload(client: ClientRecord): AdapterPayload {
  let payload = payloads.get(client)
  if (!payload) {
    payload = {
      ...client.metadata,
      client_id: client.clientId,
      ...(client.secretFingerprint && { client_secret: client.secretFingerprint }),
    } as AdapterPayload
    payloads.set(client, payload)
  }
  return payload
}
