"""MLflow as a projection of the results folder; the only folder that imports MLflow.

The results folder is the truth. `Tracker` brings an MLflow store up to what the folder holds for a
run; the same operation serves while the run goes on, after a kill, and to rebuild a lost store.
`Follower` does it in a process of its own, so that MLflow's seconds of import, its output, and its
failures stay away from the run.
"""
