/** Refusals of client registration and its management (RFC 7591 §3.2.2, RFC 7592 §2). */
import type { Chapter, Row } from './row.ts'

const refused = {
  arises: 'authorization-server',
  status: 400,
  schemes: [],
  client: 'FIX',
  person: 'This app could not register itself.',
} as const satisfies Partial<Row>

export const registration = {
  'dcr-refused': {
    ...refused,
    error: 'invalid_request',
    title: 'Registration request cannot be read',
    description: 'The registration request is not a JSON object',
    cause:
      'The body is not JSON, or JSON that is not an object, or is not sent as application/json.',
    fix: 'Send the client metadata as one JSON object, with Content-Type: application/json.',
    spec: 'RFC 7591 §3.1, §3.2.2',
  },
  'dcr-redirect-uri-refused': {
    ...refused,
    error: 'invalid_redirect_uri',
    title: 'Redirect URI refused',
    description: 'A redirect URI is not one that may be registered',
    cause:
      'A redirect URI is missing, is not absolute, has a fragment, or uses http on a host that is not loopback.',
    fix: 'Register https addresses; http is for loopback names only, and a private scheme for native apps.',
    spec: 'RFC 7591 §3.2.2; RFC 8252 §7',
  },
  'dcr-metadata-refused': {
    ...refused,
    error: 'invalid_client_metadata',
    title: 'Client metadata refused',
    description: 'A member of the client metadata is not valid',
    cause:
      'A member has a value this server does not support, or two members contradict each other.',
    fix: 'Compare the metadata with what the server metadata says is supported. The doctor names the member.',
    spec: 'RFC 7591 §2, §3.2.2',
  },
  'dcr-statement-refused': {
    ...refused,
    error: 'invalid_software_statement',
    title: 'Software statement refused',
    description: 'The software statement is not valid',
    cause: 'The software_statement is not a signed JWT with an issuer.',
    fix: 'Send the statement as its issuer made it, or leave it out.',
    spec: 'RFC 7591 §2.3, §3.2.2',
  },
  'dcr-statement-unapproved': {
    ...refused,
    error: 'unapproved_software_statement',
    title: 'Software statement not approved',
    description: 'The issuer of the software statement is not approved here',
    cause:
      'The software_statement is well formed, but this server trusts no issuer of such statements.',
    fix: 'Leave the software_statement out, and send the metadata themselves.',
    spec: 'RFC 7591 §2.3, §3.2.2',
  },
  'dcr-token-refused': {
    ...refused,
    status: 401,
    schemes: ['Bearer'],
    error: 'invalid_token',
    title: 'Registration token refused',
    description: 'The token is not valid for registration',
    cause:
      'The initial access token or the registration access token is unknown, used up, or belongs to another client.',
    fix: 'Send the token as Bearer: the initial access token you were given, or the registration_access_token of the last answer.',
    spec: 'RFC 7591 §3; RFC 7592 §2; RFC 6750 §3.1',
  },
  'registration-gone': {
    ...refused,
    status: 401,
    schemes: ['Bearer'],
    error: 'invalid_token',
    title: 'Registration gone',
    description: 'The client is not registered any more',
    cause:
      'The client that the address names was deleted, or never was. Its registration access token ended with it.',
    fix: 'Register again, and forget the old client_id and its token.',
    spec: 'RFC 7592 §2.1, §2.3',
  },
} as const satisfies Chapter
