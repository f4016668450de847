// A certified provider of OpenID Connect on this machine, for tests/it/openid.rs. Who there is and
// what is said of them comes as lines of JSON; it ends with its input.
import { createServer } from 'node:http';
import { createInterface } from 'node:readline';
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const people = {};
const back = ['http://chat.localhost/login/oidc/callback'];
const key = (kind, options, more) =>
  ({ ...generateKeyPairSync(kind, options).privateKey.export({ format: 'jwk' }), use: 'sig', ...more });

const server = createServer();
server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(issuer, {
    clients: [
      { client_id: 'chat', client_secret: 'a secret: 100% + more', redirect_uris: back },
      {
        client_id: 'open',
        token_endpoint_auth_method: 'none',
        id_token_signed_response_alg: 'ES256',
        redirect_uris: back,
      },
    ],
    jwks: {
      keys: [
        key('rsa', { modulusLength: 2048 }, { kid: 'r', alg: 'RS256' }),
        key('ec', { namedCurve: 'P-256' }, { kid: 'e', alg: 'ES256' }),
      ],
    },
    cookies: { keys: ['for tests alone'] },
    scopes: ['openid', 'profile', 'groups'],
    claims: { openid: ['sub'], profile: ['name', 'preferred_username'], groups: ['groups'] },
    pkce: { methods: ['S256'], required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    features: { devInteractions: { enabled: true } },
  });
  server.on('request', provider.callback());
  console.log(`ready ${issuer}`);
});

createInterface({ input: process.stdin })
  .on('line', (line) => {
    Object.assign(people, JSON.parse(line));
    console.log('heard');
  })
  .on('close', () => process.exit());
