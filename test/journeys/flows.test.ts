import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import test from 'ava'
import { chain, hasSample, sampleOf } from '../../scripts/flow/chain.ts'
import { createClientParts } from '../../scripts/kit/client-parts.ts'
import { createPlayedVisitor } from '../../scripts/kit/visitor.ts'
import { createJsonShow, createTextShow, shorten, type Show } from '../../scripts/kit/show.ts'
import { withStage } from '../../scripts/kit/stage.ts'
import { createPerson } from '../helpers/person.ts'
import { start, type Owner, type TestServer } from '../helpers/start.ts'
import { runFlow, runFlowForAGlance } from './run-flow.ts'

const root = join(import.meta.dirname, '..', '..')

/** The statuses that each script shows, in order. */
const STATUSES: Readonly<Record<string, readonly number[]>> = {
  'authorization-code': [303, 303, 303, 200, 200, 400, 401],
  'native-app': [303, 303, 200, 200, 200],
  'client-credentials': [200, 200, 400, 401],
  refresh: [200, 200, 200, 400, 400, 401],
  expiry: [401, 200, 200],
  consent: [200, 403, 403, 303, 401, 400],
  'insufficient-scope': [403, 201, 204],
  'step-up': [401, 303, 201],
  device: [200, 400, 400, 200, 303, 303, 200, 200, 400],
  dpop: [400, 200, 401, 200, 401, 401, 401],
  'par-and-jar': [201, 303, 200, 400, 201, 303, 200, 400],
  'rich-authorization': [303, 303, 200, 201, 403, 400],
  'token-exchange': [200, 200, 400, 400, 200, 401],
  delegation: [200, 200, 200, 400, 400, 200, 200, 400],
  'introspection-and-revocation': [200, 200, 401, 200, 200, 200, 401, 200],
  registration: [201, 400, 200, 200, 200, 204, 401, 401],
  discovery: [401, 200, 200, 201, 200, 200],
  'sign-out': [200, 303, 401, 200, 200],
  'back-channel-logout': [201, 303, 200, 401, 400, 400],
  'basic-and-digest': [401, 401, 200, 401, 200, 401, 200],
}

/** Which of those is a page in the browser: that of the loopback port, or one that asks something. */
const PAGES_SHOWN: Readonly<Record<string, number>> = {
  'native-app': 2,
  device: 3,
  'sign-out': 0,
}

/** What the same flows answer with openid-client. */
const ANSWERS: Readonly<Record<string, Record<string, unknown>>> = {
  'authorization-code': { signedIn: 'alice', scope: 'openid notes:read' },
  'native-app': { signedIn: 'alice', scope: 'openid notes:read' },
  'client-credentials': { sub: 'service', scope: 'notes:read' },
  refresh: { rotated: true, secondUse: 'invalid_grant' },
  expiry: { lives: 5, refused: 'invalid_token', thenStatus: 200 },
  consent: { inPart: 'openid notes:read', refused: 'access_denied' },
  'insufficient-scope': { missing: 'notes:write', thenStatus: 200 },
  'step-up': {
    refused: 'insufficient_user_authentication',
    acr_values: 'urn:countersign:mfa',
    thenStatus: 201,
  },
  device: { signedIn: 'alice', scope: 'openid notes:read' },
  dpop: { tokenType: 'dpop', status: 200, withoutProof: 401 },
  'par-and-jar': { pushed: 'alice', signed: 'alice' },
  'rich-authorization': {
    granted: [{ type: 'transfer', amount: 1250 }],
    asAllowed: 201,
    aHundredfold: 403,
  },
  'token-exchange': { sub: 'alice', client_id: 'service', scope: 'notes:read' },
  delegation: { sub: 'alice', act: { sub: 'service' } },
  'introspection-and-revocation': { active: true, scope: 'ledger:read', afterRevocation: false },
  registration: { name: 'Registered by openid-client', scope: 'openid notes:read' },
  discovery: { resource: 'Notes', status: 200 },
  'sign-out': {
    backAt: 'http://localhost:3000/?state=signed-out',
    thenWithoutAPage: 'login_required',
  },
}

const endings: (() => unknown)[] = []
const owner: Owner = { teardown: (end) => void endings.unshift(end) }
let server: TestServer

test.before('a server for all of them', async () => {
  server = await start(owner)
})
test.after.always('the server stops', async () => {
  for (const end of endings) await end()
})

for (const lesson of chain) {
  // One after the other: they share people, and what those allowed.
  test.serial(`npm run flow ${lesson.name} shows what its text says, and no secret`, async (t) => {
    const told = createTold()
    await withStage({ issuer: server.issuer, show: told.show, ownBrowser: false }, (stage) =>
      lesson.run(stage),
    )
    t.is(told.show.wrong(), 0, told.wrong())
    t.deepEqual(told.statuses(), STATUSES[lesson.name])
    for (const output of [told.text(), told.json()]) {
      t.notRegex(output, /eyJ[\w-]{20,}/)
      t.notRegex(output, /-secret\b|wonderland|builder/)
      t.notRegex(output, /(Bearer|DPoP|Basic) (?!realm)[\w.~+/=-]{9,}/)
      t.notRegex(
        output,
        /(?<!status_|error_)(code|token|code_verifier|client_secret|xsrf|id_token_hint)(=|: |":")[\w.~-]{10,}/,
      )
    }
  })
}

for (const { name } of chain.filter((one) => hasSample(one.name))) {
  test.serial(`npm run flow ${name} -- --client answers the same with openid-client`, async (t) => {
    const sample = await sampleOf(name)
    t.deepEqual(
      await sample.run(createClientParts(server.issuer, createTold().show)),
      ANSWERS[name],
    )
    t.regex(sample.source, /from 'openid-client'/)
    t.true(sample.source.split('\n').length <= 45, 'a few lines')
  })
}

test('the chain holds every script there is, the table of README.md names them all, and each is short', async (t) => {
  const folder = join(root, 'scripts', 'flow')
  const files = (await readdir(folder)).filter((file) => file !== 'chain.ts')
  const names = chain.map(({ name }) => name)
  t.deepEqual(
    files.toSorted(),
    names.flatMap((n) => (hasSample(n) ? [`${n}.client.ts`, `${n}.ts`] : [`${n}.ts`])).toSorted(),
  )
  t.deepEqual(names, Object.keys(STATUSES))
  t.deepEqual(names.filter(hasSample), Object.keys(ANSWERS))
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const table = /<!-- flows:[^]*<!-- end of flows -->/.exec(readme)?.[0] ?? ''
  t.deepEqual(
    [...table.matchAll(/^\| `([a-z-]+)`/gm)].map(([, name]) => name),
    names,
  )
  for (const file of files) {
    const lines = (await readFile(join(folder, file), 'utf8')).split('\n').length
    t.true(lines < 200, `${file} has ${lines} lines`)
  }
})

test('npm run flow lists them, runs one, and ends with 1 when there is none or the server is another one', async (t) => {
  const listed = await runFlow([])
  t.is(listed.status, 0)
  for (const { name, about } of chain)
    t.true(listed.stdout.includes(name) && listed.stdout.includes(about))
  const [alone, ran, client, unknown] = await Promise.all([
    runFlow(['client-credentials', '--json']),
    runFlow(['client-credentials', '--url', server.issuer]),
    runFlow(['client-credentials', '--client', '--json', '--url', server.issuer]),
    runFlow(['no-such-flow']),
  ])
  t.is(alone.status, 0, alone.stdout)
  t.is(ran.status, 0, ran.stdout)
  t.regex(ran.stdout, /← 200 OK[^]*Every answer was as it should be\./)
  t.is(client.status, 0, client.stdout)
  t.like(JSON.parse(client.stdout), { result: ANSWERS['client-credentials'] })
  t.is(unknown.status, 1)
  t.regex(unknown.stderr, /There is no flow "no-such-flow"/)
})

test('an answer that is not what the text says ends the script with 1', async (t) => {
  const other = await start(t)
  await other.clients.remove('service')
  const { status, stdout, stderr } = await runFlow(['client-credentials', '--url', other.issuer])
  t.is(status, 1)
  t.regex(stdout, /NOT AS IT SHOULD BE: the status is 401, not 200/)
  t.regex(stderr, /answers were not as they should be/)
})

test('a reader who goes after the first lines ends no script halfway', async (t) => {
  const before = await server.db.client.count()
  const { status, stdout, stderr } = await runFlowForAGlance(['discovery', '--url', server.issuer])
  t.is(status, 0, stderr)
  t.is(stderr, '')
  t.notRegex(stdout, /Every answer was as it should be/)
  t.is(await server.db.client.count(), before)
})

test('with --browser the script prints an address, and takes the answer at its own loopback port', async (t) => {
  const person = createPerson(server.issuer)
  const address = Promise.withResolvers<string>()
  const ended = runFlow(['authorization-code', '--browser', '--url', server.issuer], (stdout) => {
    const found = /Open this in a private window of your browser:\s+(\S+)\n/.exec(stdout)?.[1]
    if (found !== undefined) address.resolve(found)
  })
  const landed = await person.answerPages(await person.browser.open(await address.promise))
  t.regex(landed.href, /^http:\/\/127\.0\.0\.1:\d+\/callback\?/)
  t.is((await fetch(landed)).status, 200)
  const { status, stdout } = await ended
  t.is(status, 0, stdout)
  t.regex(stdout, /client_id: cli/)
})

for (const lesson of chain.filter(({ person }) => person === 'anybody')) {
  test.serial(`a reader with a browser of their own gets through ${lesson.name}`, async (t) => {
    const reader = createPlayedVisitor(server.issuer, createTold().show)
    const told = createTold()
    let address = ''
    const show: Show = {
      ...told.show,
      note(text) {
        told.show.note(text)
        const opened = /^Open this in .*: (\S+)$/.exec(text)?.[1]
        if (address !== '') void read(new URL(address), text)
        address = opened ?? ''
      },
    }
    /** Does what the line below an address says. */
    const read = async (url: URL, task: string) => {
      const name = /^Below "(.*)" press "Take back access"\.$/.exec(task)?.[1]
      if (name !== undefined) return reader.withdraw({ id: 'cli', name })
      const [, login = 'alice', consent = ''] =
        /^If asked, sign in as (\w+) .* at the consent page (.*)\.$/.exec(task) ?? []
      const only = /^leave only this ticked: (.*)$/.exec(consent)?.[1]
      const landed = await reader.visit(url, {
        login,
        deny: consent === 'deny',
        ...(only !== undefined && { allow: only.split(', ') }),
      })
      if (landed.origin !== server.issuer) await fetch(landed)
    }
    await withStage({ issuer: server.issuer, show, ownBrowser: true }, (stage) => lesson.run(stage))
    t.is(told.show.wrong(), 0, told.wrong())
    // What the browser does is not seen.
    const unseen = PAGES_SHOWN[lesson.name]
    const all = STATUSES[lesson.name] ?? []
    t.deepEqual(
      told.statuses(),
      all.filter((status, at) => status !== 303 && at !== unseen),
    )
  })
}

test('what is shown is shortened, whoever sends it, and a challenge is not', (t) => {
  t.is(shorten('Bearer sq3vnCe25et-sF0QI5_VFtarqy80c5f9'), 'Bearer sq3v…')
  t.is(shorten('registration_access_token: aoGdLoW7dDH3Of5'), 'registration_access_token: aoGd…')
  t.is(shorten('client_secret: abc'), 'client_secret: …')
  t.is(shorten('Basic realm="as", charset="UTF-8"'), 'Basic realm="as", charset="UTF-8"')
})

/** Shows to nobody, in both ways at once, and remembers. */
function createTold() {
  let text = ''
  let json = ''
  const shows = [
    createJsonShow((more) => (json += more)),
    createTextShow((more) => (text += more), false),
  ] as const
  const show: Show = {
    chapter: (title) => shows.forEach((one) => one.chapter(title)),
    exchange: (shown) => shows.forEach((one) => one.exchange(shown)),
    note: (said) => shows.forEach((one) => one.note(said)),
    wrong: () => shows[0].wrong(),
  }
  const lines = () =>
    json
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { response?: { status: number }; wrong?: string })
  return {
    show,
    text: () => text,
    json: () => json,
    statuses: () => lines().flatMap(({ response }) => response?.status ?? []),
    wrong: () => lines().find(({ wrong }) => wrong !== undefined)?.wrong,
  }
}
