/** CTL of RFC 5234 appendix B.1: what no text from outside may hold. */
// eslint-disable-next-line no-control-regex
export const CONTROL = /[\0-\x1F\x7F]/
