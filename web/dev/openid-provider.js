/**
 * A provider of OpenID Connect for tests, by the certified library `oidc-provider`, with its own pages for logging in.
 *
 * Usage: node dev/openid-provider.js REDIRECT_URI. It prints its address. Whoever logs in is whom the name says.
 */
import console from 'node:console';
import { createServer } from 'node:http';
import process from 'node:process';
import { Provider } from 'oidc-provider';

const [redirectUri] = process.argv.slice(2);
const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://localhost:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [{ client_id: 'segue', client_secret: 'a-secret-of-both', redirect_uris: [redirectUri] }],
    claims: { openid: ['sub'], profile: ['name'] },
    // The ID token holds the name, so that nobody has to ask for it again.
    conformIdTokenClaims: false,
    findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id, name: `${id} of the provider` }) }),
    cookies: { keys: ['for tests only'] },
  });
  server.on('request', provider.callback());
  console.log(issuer);
});
