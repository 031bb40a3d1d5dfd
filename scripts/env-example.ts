/** `.env.example`: every setting with its sentence and its default, as `src/config/settings.ts` has them. */
import { settingNames, settings } from '../src/config/settings.ts'
import type { Setting } from '../src/config/settings.ts'

const HEAD = `# Settings of Countersign. All of them may be left out.
# Copy this file to .env, or set them in the environment, which wins.
# Generated from src/config/settings.ts by "npm run generate".
`

const WIDTH = 100

export function envExample(): string {
  const parts = settingNames.map((name) => {
    const setting: Setting = settings[name]
    const words = [setting.says, ...(setting.computed ? [`Unless set: ${setting.default}.`] : [])]
    const value = setting.computed ? '' : setting.default
    return `${comment(words.join(' '))}\n#${name}=${value}\n`
  })
  return [HEAD, ...parts].join('\n')
}

function comment(text: string): string {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const line = lines.at(-1)
    if (line === undefined || line.length + 1 + word.length > WIDTH) lines.push(`# ${word}`)
    else lines[lines.length - 1] = `${line} ${word}`
  }
  return lines.join('\n')
}
