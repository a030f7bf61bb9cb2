#!/bin/sh
# Everything that must be there before the first Dag runs. May be run again at any time: what is there is left alone.
set -eu

echo "== Airflow's tables"
airflow db migrate
airflow fab-db migrate
airflow sync-perm

echo "== Roles and people (docs/docker.md); a password that was changed since is left alone"
python docker/people.py

echo "== Pools"
airflow pools set default_pool 16 "Whatever names no pool" >/dev/null

echo "== The databases of both sides"
python docker/databases.py

echo "== Puente's tables"
python -m puente init
python -m puente doctor
