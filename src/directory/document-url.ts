/** Client ids that are the https address of a document about the client (draft-ietf-oauth-client-id-metadata-document §3). */

/** Whether a client id is the address of a document. No registered client has such an id. */
export const isDocumentUrl = (clientId: string): boolean => /^https:\/\//i.test(clientId)

/** What a person can tell such clients apart by; the name in the document is only what the app calls itself. */
export const hostOf = (clientId: string): string | undefined =>
  isDocumentUrl(clientId) ? URL.parse(clientId)?.host : undefined
