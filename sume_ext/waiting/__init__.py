"""Waiting for jobs, one or ten thousand: what a job's state is, and when it is looked at next.

Every wait ends by its deadline, leaves the job alone, and costs few requests for what it tells.
"""
