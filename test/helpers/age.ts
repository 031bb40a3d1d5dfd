/** Time that passes on order, instead of sleeping: `POST /lab/age`. */
import type { AgedCounts } from '../../src/lab/age.ts'
import type { TestServer } from './start.ts'

/** Makes everything issued so far older; what is issued after it resolved is not. */
export async function age({ url }: Pick<TestServer, 'url'>, seconds: number): Promise<AgedCounts> {
  const response = await fetch(url('/lab/age'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seconds }),
  })
  const text = await response.text()
  if (response.status !== 200) throw new Error(`${response.status}: ${text}`)
  return (JSON.parse(text) as { aged: AgedCounts }).aged
}
