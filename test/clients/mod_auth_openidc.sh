npx countersign client add --id apache --secret apache-secret \
  --redirect-uri http://localhost:8080/callback \
  --post-logout-redirect-uri http://localhost:8080/ \
  --backchannel-logout-uri "http://localhost:8080/callback?logout=backchannel"
