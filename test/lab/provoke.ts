/** Sends a breakage to a server and compares the whole answer: status, every field, the body. */
import type { ExecutionContext } from 'ava'
import { breakageFor } from '../../src/lab/breakages.ts'
import type { ProvokableId } from '../../src/lab/breakages.ts'
import { toBytes } from '../../src/lab/request.ts'
import type { Fault, GoodRequest, Workshop } from '../../src/lab/breakages/breakage.ts'
import { differences, expectedAnswer } from '../../src/lab/breakages/expected.ts'
import type { Mint } from '../../src/lab/mint.ts'
import type { ProtectedResource } from '../../src/resource/metadata.ts'
import { sendRaw } from '../helpers/raw-http.ts'

/** A server under test, and the means to break what stands behind it. */
export type Target = {
  port: number
  issuer: string
  doctor: boolean
  /** `<issuer>/api`. */
  resource: ProtectedResource
  mint: Mint
  /** Who asks; the notes are seen from here. */
  sub: string
  notes: GoodRequest['notes']
  deny: GoodRequest['deny']
  now: GoodRequest['now']
  /** From now on these are wrong, and nothing else. */
  setFaults(faults: readonly Fault[]): void
}

/** A request of this person that is answered with 200. */
export async function goodRequest(target: Target): Promise<GoodRequest> {
  const { issuer, sub, mint, notes, deny, now } = target
  const token = await mint.mint({ sub, scope: 'notes:read notes:write' })
  return {
    method: 'GET',
    target: '/api/notes',
    headers: [
      ['Host', new URL(issuer).host],
      ['Authorization', `Bearer ${token}`],
      ['Accept', 'application/json'],
    ],
    token,
    sub,
    issuer,
    mint,
    notes,
    deny,
    now,
  }
}

export async function assertProvoked(
  t: ExecutionContext,
  target: Target,
  id: ProvokableId,
): Promise<void> {
  const { issuer, doctor, resource } = target
  const breakage = breakageFor(id)
  const request = await breakage.request(await goodRequest(target), workshopAt(target))
  target.setFaults(breakage.faults ?? [])
  const response = await sendRaw(target.port, toBytes(request))
  target.setFaults([])
  const expected = expectedAnswer(id, breakage, { issuer, doctor, resource })
  t.deepEqual(differences(expected, response), [])
}

/** The API alone has nobody to sign in, but it can be asked before. */
export const workshopAt = ({ issuer, port }: Target): Workshop =>
  ({
    issuer,
    exchange: (request) => sendRaw(port, toBytes(request)),
  }) satisfies Partial<Workshop> as unknown as Workshop

/** The same request without its breakage: what was refused was refused for nothing else. */
export async function assertGood(t: ExecutionContext, target: Target): Promise<void> {
  const response = await sendRaw(target.port, toBytes(await goodRequest(target)))
  t.is(response.status, 200, response.body)
}
