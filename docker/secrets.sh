#!/bin/sh
# Makes every secret of docker-compose.yaml in docker/secrets/ (files 0600, folder 0700), a private certificate
# authority, and certificates for SQL Server and MySQL. What is there is left alone: to renew one, delete it (a
# password has then to be changed in its server too) and, where it stands in connections.json, that file as well.
# Another folder: docker/secrets.sh FOLDER. Needs openssl. Keep ca.key, backup_keys and seal_key in escrow too.
set -eu
umask 077

cd "$(dirname "$0")/.."
folder=${1:-docker/secrets}
mkdir -p "$folder"
chmod 0700 "$folder"
cd "$folder"

word() { printf 'P%s_9a' "$(openssl rand -hex 20)"; } # every kind of character that SQL Server's policy asks for
make() { # name, content; no line end, which Airflow's …_CMD would take for a part of the secret
  [ -s "$1" ] || { printf '%s' "$2" >"$1.new" && mv "$1.new" "$1"; }
}
say() { cat "$1"; }

for name in postgres_password redis_password mssql_sa_password mysql_root_password mysql_password erp_password \
  admin_password engineer_password oncall_password auditor_password; do
  make "$name" "$(word)"
done
make jwt_secret "$(openssl rand -hex 32)"
make api_secret_key "$(openssl rand -hex 32)"
make seal_key "$(openssl rand -hex 32)"
make fernet_key "$(openssl rand -base64 32 | tr '+/' '-_')"
make backup_keys "k$(date -u +%Y%m%d):$(openssl rand -base64 32)"
make oncall "mailto:guardia@$(echo puente.test)" # docs/operations.md: chats besides, or instead
make azurite_key "$(openssl rand -base64 64 | tr -d '\n')"

make airflow_database "postgresql+psycopg2://airflow:$(say postgres_password)@postgres:5432/airflow"
make celery_results "db+postgresql://airflow:$(say postgres_password)@postgres:5432/airflow"
make celery_broker "redis://:$(say redis_password)@redis:6379/0"

# ---------------------------------------------------------------- certificates
certificate() { # server
  [ -s "$1.key" ] && [ -s "$1.pem" ] && return
  printf 'subjectAltName=DNS:%s,DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth\n' "$1" >"$1.ext"
  openssl req -new -newkey rsa:2048 -nodes -sha256 -subj "/CN=$1" -keyout "$1.key" -out "$1.csr" 2>/dev/null
  openssl x509 -req -in "$1.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days 825 -extfile "$1.ext" \
    -out "$1.pem" 2>/dev/null
  rm -f "$1.csr" "$1.ext" ca.srl
}
if [ ! -s ca.key ] || [ ! -s ca.pem ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 3650 -subj "/CN=Puente private CA" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign \
    -keyout ca.key -out ca.pem 2>/dev/null
fi
certificate mssql
certificate mysql

# ---------------------------------------------------------------- connections, for LocalFilesystemBackend
# SQL Server: the driver is given the very certificate that the server must show, so no authority has to be trusted by
# the whole container. MySQL: signed by the authority, and the name must fit.
make connections.json "$(cat <<JSON
{
  "puente_erp": {
    "conn_type": "mssql", "host": "mssql", "port": 1433, "schema": "erp",
    "login": "puente_sync", "password": "$(say erp_password)",
    "extra": {"Encrypt": "yes", "TrustServerCertificate": "no", "ServerCertificate": "/run/secrets/mssql.pem"}
  },
  "puente_platform": {
    "conn_type": "mysql", "host": "mysql", "port": 3306, "schema": "shop",
    "login": "puente_sync", "password": "$(say mysql_password)",
    "extra": {"client": "pymysql", "ssl": {"ca": "/run/secrets/ca.pem", "check_hostname": "true"}}
  },
  "puente_smtp": {
    "conn_type": "smtp", "host": "mailpit", "port": 1025, "extra": {"disable_ssl": true, "disable_tls": true}
  },
  "puente_azure": {
    "conn_type": "generic",
    "password": "DefaultEndpointsProtocol=http;AccountName=puente;AccountKey=$(say azurite_key);BlobEndpoint=http://azurite:10000/puente;",
    "extra": {"container": "puente"}
  }
}
JSON
)"

# Containers run as the owner of these files: they can read them, and nobody else can.
owner=$(id -u)
if [ "$owner" = 0 ]; then
  owner=50000
  chown -R "$owner" .
fi
chmod 0600 ./*
if [ $# = 0 ]; then
  cd - >/dev/null
  grep -qs '^RUN_AS=' .env || echo "RUN_AS=$owner" >>.env
  echo "Secrets are in $folder; the containers run as user $owner (.env)."
fi
