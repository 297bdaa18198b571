"""Render jobs: a persistent queue and the worker process that does them.

Start at :class:`bridge.jobs.queue.JobQueue`.
"""
