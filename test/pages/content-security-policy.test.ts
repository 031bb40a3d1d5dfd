import test from 'ava'
import {
  contentSecurityPolicy,
  pageHeaders,
  policyOptionsFor,
} from '../../src/web/content-security-policy.ts'

// The engine declares no types for its insides.
const enginePage: string = 'oidc-provider/lib/response_modes/form_post.js'
const { default: formPost } = (await import(enginePage)) as {
  default: (ctx: object, action: string, inputs: Record<string, string>) => void
}

const formAction = (...formTargets: string[]): string | undefined =>
  /form-action ([^;]*)/.exec(contentSecurityPolicy({ formTargets }))?.[1]

test('a page may load our style and images, and nothing else', (t) => {
  t.is(
    contentSecurityPolicy(),
    "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  )
})

test('a form may end at the origin of the app it is for', (t) => {
  t.is(formAction('https://app.example/cb?x=1'), "'self' https://app.example")
  t.is(formAction('https://app.example:8443/cb'), "'self' https://app.example:8443")
})

test('a form for an app on this machine may end at any of its ports', (t) => {
  const anyPort = 'http://localhost:* http://127.0.0.1:*'
  t.is(formAction('http://localhost:3000/callback'), `'self' http://localhost:3000 ${anyPort}`)
  t.is(formAction('http://127.0.0.1/callback'), `'self' http://127.0.0.1 ${anyPort}`)
})

test('a form for a native app may end at its own scheme', (t) => {
  t.is(formAction('com.example.app:/oauth'), "'self' com.example.app:")
})

test('a host that the policy cannot name opens its scheme', (t) => {
  t.is(formAction('http://[::1]:5000/callback'), "'self' http:")
  t.is(formAction('https://my_app.example/'), "'self' https:")
})

test('nothing in a redirect URI can widen or break the policy', (t) => {
  for (const uri of [
    'https://*/',
    'https://*.example/',
    "https://a;script-src 'unsafe-inline'/",
    'javascript:alert(1)',
    'data:text/html,x',
    'not a URL',
    '*',
    '',
  ]) {
    const sources = formAction(uri)?.split(' ') ?? []
    t.true(
      sources.every((source) => ["'self'", 'https:'].includes(source)),
      `${uri} gives ${sources.join(' ')}`,
    )
    t.is(contentSecurityPolicy({ formTargets: [uri] }).split(';').length, 6)
  }
})

test('each source is named once', (t) => {
  t.is(formAction('https://app.example/a', 'https://app.example/b'), "'self' https://app.example")
})

test('a page of the engine that submits itself gets its own script and address, nothing more', (t) => {
  const ctx = { response: { get: () => '' }, status: 200, type: '', body: '' }
  formPost(ctx, 'https://app.example/cb?a=1&b="2"', { code: '</script><script>x</script>' })
  const options = policyOptionsFor(ctx.body)
  t.is(options.inlineScripts.length, 1)
  const policy = contentSecurityPolicy(options)
  t.regex(policy, /; script-src 'sha256-[\w+/]{43}='; /)
  t.regex(policy, /; form-action 'self' https:\/\/app\.example; /)
})

test('a page cannot be framed, sniffed, or tell others where it is', (t) => {
  t.like(pageHeaders(), {
    'X-Frame-Options': 'DENY',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
  })
})

test('a page does not cut off the window that opened it', (t) => {
  t.false('Cross-Origin-Opener-Policy' in pageHeaders())
})
