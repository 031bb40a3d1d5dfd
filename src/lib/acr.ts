/** How a person proved who they are, as `acr` (OpenID Connect Core 1.0 §2, RFC 9068 §2.2.1, RFC 9470). */

/** By password. */
export const ACR_PASSWORD = 'urn:countersign:pwd'

/** By password and a one-time code. */
export const ACR_MFA = 'urn:countersign:mfa'

export const ACR_VALUES: readonly string[] = [ACR_PASSWORD, ACR_MFA]

/** The higher the stronger; 0 for nothing, and for what nobody here knows. */
export const acrRank = (acr: unknown): number =>
  typeof acr === 'string' ? ACR_VALUES.indexOf(acr) + 1 : 0

/**
 * What `acr_values` asks for, at least: any of its values will do (RFC 9470 §4). 0 where it asks for nothing,
 * undefined where nobody can meet it.
 */
export function leastRank(acrValues: unknown): number | undefined {
  const wanted = typeof acrValues === 'string' ? acrValues.split(' ').filter(Boolean) : []
  if (wanted.length === 0) return 0
  const ranks = wanted.map(acrRank).filter((rank) => rank > 0)
  return ranks.length > 0 ? Math.min(...ranks) : undefined
}
