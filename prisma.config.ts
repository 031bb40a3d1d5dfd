import { defineConfig } from 'prisma/config'

// Only for people who run Prisma's own tool. The server applies its migrations itself (src/db/migrate.ts).
const url = process.env['DATABASE_URL'] ?? 'file:.countersign/data.db'
const provider = /^postgres(ql)?:/.test(url) ? 'postgresql' : 'sqlite'

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: `prisma/migrations/${provider}` },
  datasource: { url },
})
