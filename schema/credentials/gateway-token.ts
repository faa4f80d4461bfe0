// What a gateway's own token towards regions says (a JWT, HS256): with it the gateway asks them on its own behalf, whatever
// callers are checked by. Its key is derived from the cluster secret, which itself never travels. Names alone: both rooms
// that use them bring their own cryptography.

export const gatewayToken = Object.freeze({
  /** In the header: which key it is signed with. */
  keyId: 'causeway-gateway',
  issuer: 'causeway-gateway',
  audience: 'causeway-regions',
  /** The key is HMAC-SHA-256 of this under the cluster secret. */
  keyLabel: 'causeway gateway token 1',
})
