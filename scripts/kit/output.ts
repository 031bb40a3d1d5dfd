/** Where scripts write to. A reader who has seen enough, such as `head`, ends none halfway: it still tidies up. */

export function openOutput(): { write: (text: string) => void; colour: boolean } {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
  return {
    write: (text) => void process.stdout.write(text),
    colour: process.stdout.isTTY && !process.env['NO_COLOR'],
  }
}
