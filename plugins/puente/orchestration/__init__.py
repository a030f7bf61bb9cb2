"""Airflow's side of Puente: connections, defaults, assets and the task groups that the Dags are wired from."""
