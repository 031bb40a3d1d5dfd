import test from 'ava'
import {
  formatChallenge,
  parseAuthorization,
  parseChallenges,
  type ChallengeParam,
} from '../../src/lib/http-auth.ts'

type Plain = { scheme: string; token68?: string; params: Record<string, string> }

const read = (value: string | string[]): Plain[] =>
  parseChallenges(value).map(({ params, ...rest }) => ({
    ...rest,
    params: Object.fromEntries(params),
  }))

const basic = (params: Record<string, string>): Plain => ({ scheme: 'basic', params })
const newauth = (params: Record<string, string>): Plain => ({ scheme: 'newauth', params })

// The cases of Julian Reschke's suite, by its names (greenbytes.de/tech/tc/httpauth). One differs on purpose: it
// wants `realm=foo` without quotes refused, while RFC 9110 §11.5 has recipients support both forms.
const reschke: Record<string, [value: string | string[], expected: Plain[]]> = {
  simplebasic: ['Basic realm="foo"', [basic({ realm: 'foo' })]],
  simplebasicucase: ['BASIC REALM="foo"', [basic({ realm: 'foo' })]],
  simplebasictok: ['Basic realm=foo', [basic({ realm: 'foo' })]],
  simplebasictokbs: [String.raw`Basic realm=\f\o\o`, []],
  simplebasicsq: [`Basic realm='foo'`, [basic({ realm: `'foo'` })]],
  simplebasicpct: ['Basic realm="foo%20bar"', [basic({ realm: 'foo%20bar' })]],
  simplebasiccomma: ['Basic , realm="foo"', [basic({ realm: 'foo' })]],
  simplebasiccomma2: ['Basic, realm="foo"', []],
  simplebasicnorealm: ['Basic', [basic({})]],
  simplebasic2realms: ['Basic realm="foo", realm="bar"', []],
  simplebasicwsrealm: ['Basic realm = "foo"', [basic({ realm: 'foo' })]],
  simplebasicrealmsqc: [String.raw`Basic realm="\f\o\o"`, [basic({ realm: 'foo' })]],
  simplebasicrealmsqc2: [String.raw`Basic realm="\"foo\""`, [basic({ realm: '"foo"' })]],
  simplebasicnewparam1: [
    'Basic realm="foo", bar="xyz",, a=b,,,c=d',
    [basic({ realm: 'foo', bar: 'xyz', a: 'b', c: 'd' })],
  ],
  simplebasicnewparam2: ['Basic bar="xyz", realm="foo"', [basic({ bar: 'xyz', realm: 'foo' })]],
  simplebasicrealmiso88591: ['Basic realm="foo-\xE4"', [basic({ realm: 'foo-\xE4' })]],
  simplebasicrealmutf8: ['Basic realm="foo-\xC3\xA4"', [basic({ realm: 'foo-\xC3\xA4' })]],
  simplebasicrealmrfc2047: [
    'Basic realm="=?ISO-8859-1?Q?foo-=E4?="',
    [basic({ realm: '=?ISO-8859-1?Q?foo-=E4?=' })],
  ],
  multibasicunknown: [
    'Basic realm="basic", Newauth realm="newauth"',
    [basic({ realm: 'basic' }), newauth({ realm: 'newauth' })],
  ],
  multibasicunknownnoparam: [
    'Basic realm="basic", Newauth',
    [basic({ realm: 'basic' }), newauth({})],
  ],
  multibasicunknown2: [
    'Newauth realm="newauth", Basic realm="basic"',
    [newauth({ realm: 'newauth' }), basic({ realm: 'basic' })],
  ],
  multibasicunknown2np: ['Newauth, Basic realm="basic"', [newauth({}), basic({ realm: 'basic' })]],
  multibasicunknown2mf: [
    ['Newauth realm="newauth"', 'Basic realm="basic"'],
    [newauth({ realm: 'newauth' }), basic({ realm: 'basic' })],
  ],
  multibasicempty: [',Basic realm="basic"', [basic({ realm: 'basic' })]],
  multibasicqs: [
    String.raw`Newauth realm="apps", type=1, title="Login to \"apps\"", Basic realm="simple"`,
    [newauth({ realm: 'apps', type: '1', title: 'Login to "apps"' }), basic({ realm: 'simple' })],
  ],
  multidisgscheme: [
    'Newauth realm="Newauth Realm", basic=foo, Basic realm="Basic Realm"',
    [newauth({ realm: 'Newauth Realm', basic: 'foo' }), basic({ realm: 'Basic Realm' })],
  ],
  unknown: ['Newauth param="value"', [newauth({ param: 'value' })]],
  parametersnotrequired: [
    'A, B',
    [
      { scheme: 'a', params: {} },
      { scheme: 'b', params: {} },
    ],
  ],
  disguisedrealm: [
    'Basic foo="realm=nottherealm", realm="basic"',
    [basic({ foo: 'realm=nottherealm', realm: 'basic' })],
  ],
  disguisedrealm2: [
    'Basic nottherealm="nottherealm", realm="basic"',
    [basic({ nottherealm: 'nottherealm', realm: 'basic' })],
  ],
  missingquote: ['Basic realm="basic', []],
}

for (const [name, [value, expected]] of Object.entries(reschke)) {
  test(`challenges are read as the suite of J. Reschke asks: ${name}`, (t) => {
    t.deepEqual(read(value), expected)
  })
}

const further: Record<string, [value: string | string[], expected: Plain[]]> = {
  'nothing is no challenge': ['', []],
  'commas alone are no challenge': [' , ,, ', []],
  'token68 is kept apart from parameters': [
    'Negotiate YWJj==, Basic realm="x"',
    [{ scheme: 'negotiate', token68: 'YWJj==', params: {} }, basic({ realm: 'x' })],
  ],
  'a comma and a scheme inside quotes are text': [
    'Basic realm="a, Newauth b=c", Newauth realm="d"',
    [basic({ realm: 'a, Newauth b=c' }), newauth({ realm: 'd' })],
  ],
  'a broken challenge does not take the next one with it': [
    'Basic realm="a" x, Newauth realm="b"',
    [newauth({ realm: 'b' })],
  ],
  'a repeated parameter voids its own challenge only': [
    'Basic realm="a", REALM="b", charset="UTF-8", Newauth realm="c"',
    [newauth({ realm: 'c' })],
  ],
  'an unclosed quote does not swallow the next line': [
    ['Basic realm="a', 'Newauth realm="b"'],
    [newauth({ realm: 'b' })],
  ],
  'a value of the example in RFC 9110 §11.6.1': [
    String.raw`Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\""`,
    [basic({ realm: 'simple' }), newauth({ realm: 'apps', type: '1', title: 'Login to "apps"' })],
  ],
  'names of JavaScript objects are ordinary names': [
    'Basic __proto__="a", constructor=b',
    [
      {
        scheme: 'basic',
        params: Object.fromEntries([
          ['__proto__', 'a'],
          ['constructor', 'b'],
        ]),
      },
    ],
  ],
}

for (const [rule, [value, expected]] of Object.entries(further)) {
  test(`reading challenges: ${rule}`, (t) => {
    t.deepEqual(read(value), expected)
  })
}

const authorizations: [value: string, expected: unknown][] = [
  ['Bearer T', { scheme: 'bearer', rest: 'T', token68: 'T' }],
  ['bearer T', { scheme: 'bearer', rest: 'T', token68: 'T' }],
  ['BEARER   T', { scheme: 'bearer', rest: 'T', token68: 'T' }],
  [' Bearer T\t', { scheme: 'bearer', rest: 'T', token68: 'T' }],
  ['Bearer a-._~+/9==', { scheme: 'bearer', rest: 'a-._~+/9==', token68: 'a-._~+/9==' }],
  ['Bearerx T', { scheme: 'bearerx', rest: 'T', token68: 'T' }],
  ['', { fault: 'empty', schemes: [] }],
  [' \t ', { fault: 'empty', schemes: [] }],
  ['"Bearer" T', { fault: 'no scheme', schemes: [] }],
  ['Bearer', { fault: 'scheme only', schemes: ['bearer'] }],
  ['Bearer  ', { fault: 'scheme only', schemes: ['bearer'] }],
  ['Bearer\tT', { scheme: 'bearer', rest: '\tT' }],
  ['Bearer a b', { scheme: 'bearer', rest: 'a b' }],
  ['Bearer a"b\\c', { scheme: 'bearer', rest: 'a"b\\c' }],
  ['Bearer \xC3\xA9', { scheme: 'bearer', rest: '\xC3\xA9' }],
  ['Bearer T, x', { scheme: 'bearer', rest: 'T, x' }],
  ['Bearer T, Bearer T2', { fault: 'several', schemes: ['bearer', 'bearer'] }],
  ['Bearer T,DPoP T2', { fault: 'several', schemes: ['bearer', 'dpop'] }],
  ['Digest a="b", Basic eA==', { fault: 'several', schemes: ['digest', 'basic'] }],
]

for (const [value, expected] of authorizations) {
  test(`Authorization is read by its grammar: ${JSON.stringify(value)}`, (t) => {
    t.deepEqual(parseAuthorization(value), expected as ReturnType<typeof parseAuthorization>)
  })
}

test('parameters of credentials are read, also after commas inside quotes', (t) => {
  const value = 'Digest username="a, b", uri="/x?y=1", nc=00000001, qop=auth'
  const parsed = parseAuthorization(value)
  t.false('fault' in parsed)
  if ('fault' in parsed) return
  t.deepEqual(Object.fromEntries(parsed.params ?? []), {
    username: 'a, b',
    uri: '/x?y=1',
    nc: '00000001',
    qop: 'auth',
  })
  t.is(parsed.token68, undefined)
})

test('a parameter of credentials that stands there twice makes them unreadable', (t) => {
  t.deepEqual(parseAuthorization('Digest a=b, A=c'), { scheme: 'digest', rest: 'a=b, A=c' })
})

const dropped: [param: ChallengeParam, why: string][] = [
  [['error_description', 'say "no"'], 'a quote'],
  [['error_description', 'a\\b'], 'a backslash'],
  [['error_description', 'caf\xE9'], 'not ASCII'],
  [['error', 'a\r\nSet-Cookie: x=y'], 'a line break'],
  [['scope', 'a  b'], 'two spaces'],
  [['scope', ''], 'no scope'],
  [['scope', ' a'], 'a space first'],
  [['error_uri', 'http://localhost/a b'], 'a space in an address'],
  [['resource_metadata', 'http://localhost/"'], 'a quote in an address'],
  [['max_age', '-1'], 'no number of seconds'],
  [['realm', 'caf\xE9'], 'a realm outside ASCII'],
  [['realm', 'a\nb'], 'a line break in a realm'],
  [['stale', 'true x', false], 'two words without quotes'],
  [['bad name', 'x'], 'a name with a space'],
  [['constructor', 'a\0b'], 'a control character'],
]

for (const [param, why] of dropped) {
  test(`a parameter that breaks its character class is left out, the challenge stays: ${why}`, (t) => {
    t.is(
      formatChallenge('Bearer', [['max_age', '0'], param, ['x', 'y']]),
      'Bearer max_age="0", x="y"',
    )
    t.is(formatChallenge('Bearer', [param]), 'Bearer')
  })
}

test('quotes and backslashes in a realm are escaped', (t) => {
  t.is(formatChallenge('Basic', [['realm', 'a "b" \\']]), String.raw`Basic realm="a \"b\" \\"`)
})
