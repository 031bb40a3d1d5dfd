eval "$(oidc-agent)"
oidc-gen notes --flow=device --issuer=http://localhost:4010 \
  --redirect-uri=http://localhost:4242 --scope="openid profile notes:read"
curl -H "Authorization: Bearer $(oidc-token notes)" http://localhost:4010/api/notes
