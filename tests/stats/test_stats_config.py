from portico.stats.stats_config import DEFAULT_BUCKETS, BucketSetting, StatsConfig


def test_the_first_setting_that_matches_decides() -> None:
    config = StatsConfig(
        bucket_settings=[
            BucketSetting(lambda name: name.startswith("a"), [1.0]),
            BucketSetting(lambda name: name.startswith("ab"), [2.0]),
        ]
    )
    assert config.buckets("abc") == [1.0]
    assert config.buckets("x") is DEFAULT_BUCKETS


def test_without_configuration_everything_exists_and_is_tagged() -> None:
    config = StatsConfig()
    assert not config.matcher.rejects("x")
    assert config.tags.tagged("cluster.a.b").tags == [("envoy.cluster_name", "a")]
