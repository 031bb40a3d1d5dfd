from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session

authorize = 'http://localhost:4010/oauth/authorize'
token = 'http://localhost:4010/oauth/token'
api = 'http://localhost:4010/api'

app = OAuth2Session(
    'web',
    'web-secret',
    redirect_uri='http://localhost:3000/callback',
    scope='openid profile notes:read',
    code_challenge_method='S256',
    token_endpoint=token,  # where it refreshes by itself
)
verifier = generate_token(48)
url, state = app.create_authorization_url(authorize, code_verifier=verifier)
print('Open', url, flush=True)
came_back = input('The address you came back to: ')
app.fetch_token(authorization_response=came_back, state=state, code_verifier=verifier)
print(app.get(f'{api}/notes').json())

job = OAuth2Session('service', 'service-secret', scope='notes:read')
job.fetch_token(token, grant_type='client_credentials')
print(job.get(f'{api}/whoami').json())
