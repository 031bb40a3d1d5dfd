/**
 * What Digest (RFC 7616) needs of a password. H(A1) opens the door just as the password does, so it is kept for people of
 * the seed file alone, whose passwords are public, and sealed.
 */
import { digestSecretOf, userhashOf } from '../lib/digest-auth.ts'
import { fingerprint, type Secrets } from '../lib/secrets.ts'

/** Whoever asks for a person's name and password asks for this realm; H(A1) holds in no other. */
export const PASSWORD_REALM = 'countersign'

const PURPOSE = 'digest'

type Owner = { login: string; passwordHash: string }

/** The columns of an account for Digest. */
export function digestColumns(
  secrets: Secrets,
  { login, passwordHash, password }: Owner & { password: string },
): { digestUser: string; digestSecret: string } {
  const secret = digestSecretOf(login, PASSWORD_REALM, password)
  return {
    digestUser: userhashOf(login, PASSWORD_REALM),
    digestSecret: secrets.seal(
      PURPOSE,
      JSON.stringify([secret, ownerMark({ login, passwordHash })]),
    ),
  }
}

/** H(A1), or undefined where there is none: it is dead once the name or the password is another. */
export function openDigestSecret(
  secrets: Secrets,
  { digestSecret, ...owner }: Owner & { digestSecret: string | null },
): string | undefined {
  if (digestSecret === null) return undefined
  const opened = openSealed(secrets, PURPOSE, digestSecret)
  if (opened === undefined) return undefined
  const [secret, mark] = JSON.parse(opened) as [string, string]
  return mark === ownerMark(owner) ? secret : undefined
}

/** Undefined when it was sealed with another master secret: then the person has none until the seed writes it anew. */
export function openSealed(secrets: Secrets, purpose: string, sealed: string): string | undefined {
  try {
    return secrets.open(purpose, sealed)
  } catch {
    return undefined
  }
}

const ownerMark = ({ login, passwordHash }: Owner): string =>
  fingerprint(JSON.stringify([login, passwordHash]))
