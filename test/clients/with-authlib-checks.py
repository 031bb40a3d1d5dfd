"""What authlib checks and proves beyond the lines that the README shows. Takes the issuer and a private key (PEM)."""
import sys

from authlib.common.security import generate_token
from authlib.integrations.base_client.errors import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.jose import jwt
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken

issuer, private_key = sys.argv[1:]
known = OAuth2Session().get(f'{issuer}/.well-known/openid-configuration', withhold_token=True).json()
token_endpoint = known['token_endpoint']


def tell(*words):
    print(*words, flush=True)


def refused(what):
    try:
        what()
    except OAuthError as error:
        return error.error
    return 'not refused'


app = OAuth2Session(
    'web',
    'web-secret',
    redirect_uri='http://localhost:3000/callback',
    scope='openid profile notes:read',
    code_challenge_method='S256',
    token_endpoint=token_endpoint,
)
verifier, nonce = generate_token(48), generate_token(20)
url, state = app.create_authorization_url(
    known['authorization_endpoint'], code_verifier=verifier, nonce=nonce
)
tell(url)
came_back = input()
first = app.fetch_token(authorization_response=came_back, state=state, code_verifier=verifier)

claims = jwt.decode(
    first['id_token'],
    app.get(known['jwks_uri'], withhold_token=True).json(),
    claims_cls=CodeIDToken,
    claims_options={'iss': {'value': issuer}, 'aud': {'value': 'web'}},
    claims_params={'nonce': nonce},
)
claims.validate()
tell('signed in', claims['sub'])

# Authlib goes by its own clock, which cannot be turned: it is told that the time has come.
app.token = {**first, 'expires_at': 1}
answer = app.get(f'{issuer}/api/whoami')
tell('called', answer.status_code)
tell('refreshed', app.token['refresh_token'] != first['refresh_token'])
again = OAuth2Session('web', 'web-secret')
tell('used twice', refused(lambda: again.refresh_token(token_endpoint, first['refresh_token'])))
tell('and so is', refused(lambda: app.refresh_token(token_endpoint)))

job = OAuth2Session('job', private_key, scope='notes:read', token_endpoint_auth_method='private_key_jwt')
job.register_client_auth_method(PrivateKeyJWT(token_endpoint, alg='ES256'))
job.fetch_token(token_endpoint, grant_type='client_credentials')
tell('by key', job.get(f'{issuer}/api/whoami').json()['sub'])
