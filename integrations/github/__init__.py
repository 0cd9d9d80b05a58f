"""GitHub: releases and deployments as ship signals."""
