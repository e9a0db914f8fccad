class Kustodian < Formula
  desc "Server for the Kustomer REST API in one binary, and its command line"
  homepage "https://github.com/kustodian/kustodian"
  version "{{version}}"
  license any_of: ["MIT", "Apache-2.0"]

{{platforms}}
  def install
    bin.install "bin/kustodian"
    man1.install Dir["share/man/man1/*.1"]
    bash_completion.install "share/bash-completion/completions/kustodian"
    fish_completion.install "share/fish/vendor_completions.d/kustodian.fish"
    zsh_completion.install "share/zsh/vendor-completions/_kustodian"
  end

  service do
    run [opt_bin/"kustodian", "serve"]
    working_dir var/"kustodian"
    keep_alive true
  end

  def post_install
    (var/"kustodian").mkpath
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/kustodian --version")
  end
end
