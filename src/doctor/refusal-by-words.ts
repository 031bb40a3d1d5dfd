/** Which refusal of the catalogue an error on the wire stands for. */
import { refusalIds, rowOf, type RefusalId } from '../refusals/catalogue.ts'

export type WireError = {
  error?: string | undefined
  description?: string | undefined
  /** `error_uri`: on our own errors the address of the refusal itself. */
  uri?: string | undefined
  status?: number | undefined
}

/** The one refusal where the words tell; else those they may stand for, as several share one text on purpose. */
export function refusalsByWords(
  { error, description, uri, status }: WireError,
  issuer: string,
): RefusalId[] {
  const named = refusalIds.find((id) => uri === `${issuer}/refusals/${id}`)
  if (named) return [named]
  const withCode = refusalIds.filter((id) => rowOf(id).error === error)
  const withStatus = withCode.filter((id) => status === undefined || rowOf(id).status === status)
  const withWords = withStatus.filter((id) => rowOf(id).description === description)
  return withWords.length > 0 ? withWords : withStatus
}
