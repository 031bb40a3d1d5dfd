/** Breakages of the device flow (RFC 8628 §3.3, §3.5). */
import type { Breakage } from './breakage.ts'
import { DEVICE_CODE, formPost, pageOf, startDevice } from './flow.ts'

export const deviceBreakages = {
  'user-code-unknown': {
    place: 'screen',
    cookies: 'session',
    async request(_good, workshop) {
      const walk = workshop.walk()
      const page = pageOf(await walk.follow(walk.request('/device')))
      // No device shows vowels, so nobody is locked out for it.
      return walk.form(page, { user_code: 'AAAA-AAAA' })
    },
  },
  'device-code-invalid': {
    place: 'endpoint',
    async request(_good, workshop) {
      const { device } = await startDevice(workshop)
      const params = { grant_type: DEVICE_CODE, device_code: 'a-code-that-was-never-given-out' }
      return formPost(workshop, '/oauth/token', params, { as: device })
    },
  },
  'device-pending': {
    place: 'endpoint',
    request: async (_good, workshop) => (await startDevice(workshop)).poll,
  },
  'device-slow-down': {
    place: 'endpoint',
    async request(_good, workshop) {
      const { poll } = await startDevice(workshop)
      await workshop.exchange(poll)
      return poll
    },
  },
  'device-expired': {
    place: 'endpoint',
    async request(_good, workshop) {
      const { deviceCode, poll } = await startDevice(workshop)
      await workshop.batch.expire('DeviceCode', deviceCode)
      return poll
    },
  },
  'device-denied': {
    place: 'endpoint',
    async request(_good, workshop) {
      const { userCode, poll } = await startDevice(workshop)
      const walk = workshop.walk()
      const page = pageOf(await walk.follow(walk.request(`/device?user_code=${userCode}`)))
      await walk.follow(walk.form(page, { decision: 'deny' }))
      return poll
    },
  },
} satisfies Record<string, Breakage>
