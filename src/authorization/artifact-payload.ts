/** What of the engine's payloads is stored, and how it comes back: nothing in the database opens a door. */
import type { AdapterPayload } from 'oidc-provider'
import type { Ageing } from '../db/ageing.ts'
import type { Secrets } from '../lib/secrets.ts'
import { deviceHashOf, handleOf } from './device-handle.ts'
import { makeOlder, secondsOlder } from './older.ts'

export type StoredArtifact = { payload: string; createdAt: Date; consumedAt: Date | null }

/** In a stored Interaction this stands where its own identifier would be seen. */
const SELF = '{self}'

/** A stored row as the engine wants it, under the identifier it asked with. */
export async function payloadOf(
  { ageing, secrets }: { ageing: Ageing; secrets: Secrets },
  row: StoredArtifact,
  id: string,
): Promise<AdapterPayload> {
  const secondsFor = await ageing.current()
  const payload = makeOlder(
    JSON.parse(row.payload) as AdapterPayload,
    secondsOlder(row, secondsFor),
  )
  payload.jti = id
  openHint(secrets, payload)
  if (payload['returnTo'] !== undefined) {
    payload['returnTo'] = payload['returnTo'].replace(SELF, id)
  }
  const deviceCode: unknown = payload['deviceCode']
  if (typeof deviceCode === 'string') payload['deviceCode'] = handleOf(secrets, deviceCode)
  if (row.consumedAt) payload.consumed = Math.floor(row.consumedAt.getTime() / 1000)
  return payload
}

/** An ID token tells much about a person, and stands in the database sealed. */
export function openHint(secrets: Secrets, { params }: AdapterPayload): void {
  const hint: unknown = (params as Record<string, unknown> | undefined)?.['id_token_hint']
  if (params && typeof hint === 'string') {
    ;(params as Record<string, unknown>)['id_token_hint'] = secrets.open('id-token-hint', hint)
  }
}

/** Whoever reads the database must not find anything in it that opens a door. */
export function withoutIdentifiers(
  secrets: Secrets,
  id: string,
  payload: AdapterPayload,
): AdapterPayload {
  const kept: AdapterPayload = { ...payload }
  delete kept.jti
  const hint: unknown = (kept.params as Record<string, unknown> | undefined)?.['id_token_hint']
  if (typeof hint === 'string') {
    kept.params = { ...kept.params, id_token_hint: secrets.seal('id-token-hint', hint) }
    // The engine repeats the parameters of the prompt; nobody reads them there.
    if (kept.prompt) kept.prompt = { ...kept.prompt, details: {} }
  }
  if (typeof kept['returnTo'] === 'string') kept['returnTo'] = kept['returnTo'].replace(id, SELF)
  const deviceCode: unknown = kept['deviceCode']
  if (typeof deviceCode === 'string') kept['deviceCode'] = deviceHashOf(secrets, deviceCode)
  if (kept.session && typeof kept.session === 'object') {
    kept.session = { ...kept.session }
    delete (kept.session as { cookie?: string }).cookie
  }
  return kept
}
