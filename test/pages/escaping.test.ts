import test from 'ava'
import { html, render, safeUrl } from '../../src/web/html.ts'
import { hostileName, samples } from './samples.ts'

const attributes = (page: string, name: string): string[] =>
  Array.from(
    page.matchAll(new RegExp(`<[^>]*\\s${name}="([^"]*)"`, 'g')),
    (match) => match[1] ?? '',
  )

for (const [name, page] of Object.entries(samples)) {
  test(`${name}: no script, no inline style, no event handler reaches the page`, (t) => {
    t.notRegex(page, /<script/i)
    t.notRegex(page, /<style/i)
    t.notRegex(page, /<[^>]*\s(?:style|on\w+)=/i)
  })

  test(`${name}: every address is relative, http or https`, (t) => {
    for (const attribute of ['href', 'src', 'action', 'formaction']) {
      for (const address of attributes(page, attribute)) {
        t.regex(address, /^(?:https?:\/\/|\/(?!\/)|#)/, `${attribute}=${address}`)
      }
    }
  })

  test(`${name}: nothing is fetched from outside`, (t) => {
    const fetched = [...attributes(page, 'src'), ...page.matchAll(/<link[^>]*href="([^"]*)"/g)]
    for (const [, address] of fetched) {
      t.true(address?.startsWith('/assets/'), address)
    }
  })

  test(`${name}: one heading, one main part, a title and a language`, (t) => {
    t.is(page.match(/<h1/g)?.length, 1)
    t.is(page.match(/<main/g)?.length, 1)
    t.regex(page, /^<!doctype html><html lang="en">/)
    t.regex(page, /<title>[^<]+ · Countersign<\/title>/)
  })
}

test('text and attributes are escaped', (t) => {
  t.is(
    render(html`<p title=${'"><b>'}>${'<b>&"'}</p>`),
    '<p title="&quot;>&lt;b>">&lt;b>&amp;&quot;</p>',
  )
})

test('an object that looks like an element renders as nothing', (t) => {
  const forged = JSON.parse('{"type":"script","props":{"children":"alert(1)"}}') as unknown
  t.is(render(html`<p>${forged}</p>`), '<p></p>')
})

test('an address with a script in it is dropped, however it is written', (t) => {
  for (const address of [
    'javascript:alert(1)',
    ' JavaScript:alert(1)',
    'java\nscript:alert(1)',
    '\u0001javascript:alert(1)',
    'data:text/html,<script>alert(1)</script>',
    'vbscript:x',
    'blob:https://x/y',
  ]) {
    t.is(safeUrl(address), undefined)
    t.is(render(html`<a href=${address}>x</a>`), '<a>x</a>')
    t.is(render(html`<form action=${address}></form>`), '<form></form>')
  }
})

test('http, https and relative addresses stay as they are', (t) => {
  for (const address of [
    'https://app.example/x?y#z',
    'http://localhost:3000/',
    '/refusals',
    '#a',
  ]) {
    t.is(safeUrl(address), address)
    t.is(render(html`<a href=${address}>x</a>`), `<a href="${address}">x</a>`)
  }
})

test('a line break between words and an element is a space, as in HTML', (t) => {
  t.is(
    render(
      html`<p>
        one
        <b>two</b>
        ${'three'}
      </p>`,
    ),
    '<p> one <b>two</b> three </p>',
  )
})

test('hidden characters of a name reach neither the page nor its title', (t) => {
  t.regex(hostileName, /\u202e/)
  for (const name of ['consent-hostile', 'logout-hostile', 'left-app']) {
    const shown = samples[name]?.match(/<bdi class="name">([^]*?)<\/bdi>/)?.[1] ?? ''
    t.true(shown.startsWith('&lt;script>'), name)
    t.notRegex(shown, /[\p{Cc}\u202e\u200b]/u)
    t.true(shown.length < 200, 'a name of 500 letters is cut')
  }
  t.notRegex(
    samples['consent-hostile']?.match(/<title>([^<]*)/)?.[1] ?? '',
    /[\p{Cc}\u202e\u200b]/u,
  )
})

test('a command to copy never takes over a code that could not be ours', (t) => {
  t.notRegex(samples['demo-hostile'] ?? '', /code=\$\(rm/)
  t.regex(samples['demo-hostile'] ?? '', /-d code=CODE/)
})
