"""GitLab: releases and deployments as ship signals."""
