#!/bin/sh
# Runs a command with the two settings of Puente that are no paths, read from their secret files.
# Everything else reads its secret itself (AIRFLOW__…_CMD, connections.json, PUENTE_KEYS).
# A command in a running container: docker compose exec worker docker/entrypoint.sh python -m puente doctor
set -eu

if [ -r /run/secrets/seal_key ]; then
  PUENTE_SEAL_KEY=$(cat /run/secrets/seal_key)
  export PUENTE_SEAL_KEY
fi
if [ -r /run/secrets/airflow_database ]; then
  PUENTE_AIRFLOW_DATABASE=$(cat /run/secrets/airflow_database)
  export PUENTE_AIRFLOW_DATABASE
fi
exec "$@"
