import test from 'ava'
import { browserName } from '../../src/account/browser-name.ts'

const known: readonly (readonly [userAgent: string | undefined, words: string])[] = [
  ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox on Linux'],
  [
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0',
    'Edge on Windows',
  ],
  [
    'Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile Safari/537.36',
    'Chrome on Android',
  ],
  [
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
    'Safari on an iPhone',
  ],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15',
    'Safari on a Mac',
  ],
  ['curl/8.14.1', 'curl'],
  ['node', 'A browser we do not know'],
  ['<script>alert(1)</script>', 'A browser we do not know'],
  [undefined, 'A browser we do not know'],
]

for (const [userAgent, words] of known) {
  test(`${userAgent ?? 'no header'} is shown as ${words}`, (t) => {
    t.is(browserName(userAgent), words)
  })
}
