/** What judging something pasted needs. */
import type { KnownText } from '../../authorization/known-text.ts'
import type { Clients } from '../../directory/clients.ts'
import type { Wanted } from '../../resource/facts.ts'
import type { Inspect } from '../../resource/inspect.ts'
import type { ExamineParts } from '../examine.ts'
import type { Journal } from '../journal.ts'

export type JudgeParts = ExamineParts & {
  inspect: Inspect
  /** What the protected API asks of a call; undefined where no API has the path. */
  wantedBy(method: string, path: string): Wanted | undefined
  /** Further authorities that are served. */
  allowedHosts: readonly string[]
  /** What each protected API asks of a call that any token will do for. */
  apis: readonly Wanted[]
  lookUp(text: string): Promise<KnownText | undefined>
  clients: Pick<Clients, 'find'>
  find: Journal['find']
}
